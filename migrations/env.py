"""Runs migrations on the URL that `lotsen.database.alembic_config` hands in, and renews the overlap guard."""

from alembic import context
from sqlalchemy import event

from lotsen import guards
from lotsen.database import make_engine
from lotsen.models import Base


def run() -> None:
    """Migrate in one transaction, then make sure that the guard stands."""
    engine = make_engine(context.config.attributes["url"], pool_size=1)
    if engine.dialect.name == "sqlite":
        # A rebuilt table is dropped for a moment; with foreign keys on, its children would go with it.
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = OFF"))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            transactional_ddl=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if connection.dialect.has_table(connection, "assignment"):
                guards.install(connection)
            if (
                engine.dialect.name == "sqlite"
                and connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            ):
                raise RuntimeError("the migration left rows without their parent")
    engine.dispose()


run()
