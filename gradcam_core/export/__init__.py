"""What is taken away: files, the archive, the manifest, and the command that makes them again."""
