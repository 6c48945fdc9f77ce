"""The page Attention: what each patch looks at, in which block and head, drawn by the browser from data that it has.

`message.py` says what the browser gets at once, `parts.py` what it asks for.
"""
