"""What a visit has chosen and brought, what all visits share, and what was answered before."""
