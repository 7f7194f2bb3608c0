"""SQL over the run folders: DuckDB tables `runs`, `evaluations` and `metrics`, filled from the files."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from lstm_research.results.store import EVALUATIONS, METRICS, RESULTS, Store
from lstm_research.types import ConfigError, DataError

_COLUMNS = {
    "runs": (
        RESULTS,
        {
            "run": "VARCHAR", "population": "VARCHAR", "task": "VARCHAR", "cell": "VARCHAR", "config": "JSON",
            "seed": "BIGINT",
            "status": "VARCHAR", "steps": "BIGINT", "best_step": "BIGINT", "valid": "JSON", "select": "VARCHAR",
            "higher_is_better": "BOOLEAN", "parameters": "BIGINT", "first_bad_step": "BIGINT", "data_digest": "VARCHAR",
            "seconds": "DOUBLE",
        },
    ),
    "evaluations": (
        EVALUATIONS,
        {"run": "VARCHAR", "split": "VARCHAR", "step": "BIGINT", "metrics": "JSON", "counts": "JSON"},
    ),
    "metrics": (
        METRICS,
        {
            "run": "VARCHAR", "step": "BIGINT", "train_loss": "DOUBLE", "valid": "JSON", "best_step": "BIGINT",
            "bad_step": "BIGINT", "active": "BOOLEAN",
        },
    ),
}  # fmt: skip


class Answer(NamedTuple):
    """Columns and rows of a query."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query(store: Store, sql: str) -> Answer:
    """Answer one SQL query. `config`, `valid`, `metrics`, `counts` are JSON: `config->>'$.model.layers'`.

    The query sees these three tables only: no files, no network. Raises ConfigError where the SQL is wrong.
    """
    import duckdb

    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
    try:
        for name, (file, columns) in _COLUMNS.items():
            _fill(
                connection,
                name,
                columns,
                [str(path) for path in sorted(store.root.glob(f"*/{file}"))],
                torn=file != RESULTS,
            )
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            found = connection.execute(sql)
        except duckdb.Error as error:
            raise ConfigError(f"query: {str(error).splitlines()[0]} (tables: {', '.join(_COLUMNS)})") from None
        return Answer([column[0] for column in found.description or []], found.fetchall())
    finally:
        connection.close()


def _fill(connection: Any, name: str, columns: dict[str, str], paths: Sequence[str], *, torn: bool) -> None:
    import duckdb

    typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    connection.execute(f"CREATE TABLE {name} ({typed})")
    if not paths:
        return
    wanted = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
    # A killed writer leaves a torn last line in the files that are appended to; results are whole.
    reader = f"read_json(?, format = 'newline_delimited', columns = {{{wanted}}}, ignore_errors = {str(torn).lower()})"
    try:
        connection.execute(f"INSERT INTO {name} SELECT * FROM {reader} WHERE run IS NOT NULL", [list(paths)])
    except duckdb.Error as error:
        raise DataError(f"query: {str(error).splitlines()[0]}; remove the damaged file") from None
