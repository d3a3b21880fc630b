"""Alembic's entry: runs the revisions on the connection that `host.store.migrate` hands over."""

from alembic import context

from host.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the one transaction belongs to host.store.migrate
)
context.run_migrations()
