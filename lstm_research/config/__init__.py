"""Configs: read strictly, validated at load, split into what is compiled and what is traced. No JAX."""
