"""When a sweep stops trials before their end."""
