"""Proofs of the core: every number against independent arithmetic."""
