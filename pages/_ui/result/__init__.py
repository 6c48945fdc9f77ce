"""The answer to a question: what the viewer is sent, and what can be taken away."""
