"""Alembic migrations; they travel in the wheel and run at every start."""
