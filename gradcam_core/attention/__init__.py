"""What does each token of a transformer attend to? The weights of every block and head, and their gradients."""
