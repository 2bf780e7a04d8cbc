"""What Alembic runs: within the transaction of whoever asked for it."""

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"], version_table=given["version_table"], transactional_ddl=True
)
context.run_migrations()
