"""What Alembic runs: within the transaction of whoever asked for it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
