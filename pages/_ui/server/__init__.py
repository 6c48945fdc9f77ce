"""What stands before and beside the pages: admission, headers, housekeeping, start."""
