"""House rules, checked: floors, mirrored tests, short files, no patterns from users, nothing unescaped."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "collector"
MAX_LINES = 300

WITHOUT_A_MIRROR = {
    "__init__.py": "the version",
    "__main__.py": "two lines; tests/live starts it",
    "bench/ingest.py": "a benchmark; its figures are looked at by people",
    "bench/data.py": "a benchmark's data",
    "bench/report.py": "a benchmark's tables, in bench/test_identity.py",
    "bench/scratch.py": "a benchmark's store",
    "domain/addresses.py": "domain/test_histories.py against the model, and scenarios/test_addresses.py",
    "domain/limits.py": "numbers; test_hostile_input.py tries each from both sides",
    "storage/message_rows.py": "storage/test_messages.py reads with it what operations have written",
    "storage/published.py": "storage/test_pinned.py and test_messages.py, through the registry",
    "storage/rows.py": "domain/test_histories.py: the store against the model",
    "storage/operations/kinds.py": "a table; storage/operations/test_housekeeping.py carries jobs out by it",
    "storage/operations/removal.py": "storage/operations/test_deletion.py, test_erasing.py and test_trimming.py",
    "web/json_answer.py": "web/ingest/test_direct.py and test_segment.py read its answers",
    "cli/exporting.py": "cli/test_main.py exports",
    "web/passage.py": "what routes see of the gate, in web/test_gate.py",
    "domain/message_body.py": "domain/test_messages.py compiles bodies",
    "domain/applying.py": "domain/test_histories.py against the model",
    "domain/acting.py": "domain/test_histories.py against the model, and scenarios/",
    "domain/claims.py": "domain/test_identity.py, domain/test_histories.py against the model, and scenarios/",
    "domain/deciding.py": "the shared part of decide(), in domain/test_identity.py",
    "domain/devices.py": "the shared part of decide(), in domain/test_identity.py and test_naming.py",
    "domain/speaker.py": "domain/test_histories.py against the model, scenarios/test_verification.py and test_strength.py",
    "domain/writing.py": "domain/test_histories.py against the model, scenarios/test_bounds.py and test_fields.py",
    "domain/merging.py": "domain/test_histories.py against the model, storage/operations/test_corrections.py",
    "storage/write/accounts.py": "scenarios/test_accounts.py",
    "storage/write/by_kind.py": "domain/test_histories.py: the store against the model",
    "storage/write/claimants.py": "domain/test_histories.py: the store against the model",
    "storage/write/loading.py": "domain/test_histories.py: the store against the model",
    "storage/operations/concerned.py": "storage/operations/test_corrections.py",
    "storage/operations/doomed.py": "storage/operations/test_erasing.py",
    "storage/operations/jobs.py": "storage/operations/test_deletion.py and test_housekeeping.py",
    "storage/operations/retention.py": "storage/operations/test_housekeeping.py",
    "storage/write/visits.py": "domain/test_histories.py: the store against the model",
    "demo.py": "tests/live/test_wheel.py runs it",
    "server.py": "a process; tests/live/test_server.py and test_stop.py",
    "resources.py": "two places for files; tests/live/test_wheel.py tries both",
    "ports.py": "Protocols only",
    "domain/changes.py": "declarations, and apply(), which test_identity.py runs after every decision",
    "domain/streams.py": "declarations only",
    "ingest/decode.py": "ingest/test_wire.py and test_hostile_input.py decode through it",
    "domain/pinned.py": "two hashes, in storage/test_pinned.py",
    "domain/setting.py": "the form of a declaration, in domain/test_site_settings.py",
    "domain/setting_values.py": "each is a declaration's, in domain/test_site_settings.py",
    "domain/sites.py": "a struct and one comparison, in web/ingest/test_cors.py",
    "ingest/context.py": "a struct",
    "ingest/limits.py": "numbers; test_hostile_input.py tries each from both sides",
    "ingest/bento.py": "web/ingest/test_bento.py sends it what it has to take apart",
    "ingest/decoder.py": "a Protocol; ingest/test_wire.py and web/ingest/test_bento.py run the two that there are",
    "storage/write/identity_log.py": "storage/test_tables.py, and scenarios/test_log.py",
    "storage/write/saving.py": "test_scenarios.py: it has no rules of its own, and every rule goes through it",
    "storage/doctor.py": "cli/test_main.py has it examine damaged stores",
    "storage/users.py": "web/console/test_console.py signs in with it",
    "storage/reports/export.py": "cli/test_main.py exports, storage/test_reports.py compares",
    "web/ingest/body.py": "test_hostile_input.py tries its sizes",
    "web/openapi.py": "test_docs.py reads every endpoint from it",
    "web/errors.py": "test_golden_wire.py and storage/write/test_journal.py look at its answers",
}
"""Modules that have no test file of their own, and where they are tested instead."""

MIRRORED_BY_FOLDER = {
    "storage/reports/": "storage/test_reports.py",
    "storage/migrations/": "storage/test_setup.py",
    "web/console/": "web/console/test_console.py",
    "web/api/": "web/api/test_read_api.py",
    "schemas/": "web/api/test_read_api.py",
}
"""Folders whose modules are small parts of one thing, which one file tests."""

LONG_FOR_A_REASON: dict[str, str] = {"storage/tables.py": "all tables on one page, which is what one wants to see"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_floors() -> None:
    """import-linter's contracts of pyproject.toml: allowed imports."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(lint), "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_has_a_mirrored_test() -> None:
    missing = []
    for path in modules():
        name = name_of(path)
        folder = next((test for start, test in MIRRORED_BY_FOLDER.items() if name.startswith(start)), None)
        own = Path(name).with_name(f"test_{Path(name).name}").as_posix()
        if name in WITHOUT_A_MIRROR or not path.read_text().strip():
            continue
        if not any((ROOT / "tests" / "unit" / test).exists() for test in (own, folder) if test):
            missing.append(f"{name}: tests/unit/{own}")
    assert not missing, "write these, or say in WITHOUT_A_MIRROR where the module is tested"


@pytest.mark.parametrize("listed", [WITHOUT_A_MIRROR, LONG_FOR_A_REASON], ids=["without a mirror", "long"])
def test_exceptions_are_still_needed(listed: dict[str, str]) -> None:
    gone = [name for name in listed if not (PACKAGE / name).exists()]
    assert not gone, "these modules are no more; take them off the list"


def test_every_test_file_mirrors_something() -> None:
    free = {
        "test_architecture.py",
        "test_golden_wire.py",
        "test_hostile_input.py",
        "test_docs.py",
        "test_examples.py",
        "test_frameworks.py",
        "storage/test_scenarios.py",
    }
    free |= {"domain/test_histories.py"}
    free |= set(MIRRORED_BY_FOLDER.values())
    strays = []
    for path in sorted((ROOT / "tests" / "unit").rglob("test_*.py")):
        name = path.relative_to(ROOT / "tests" / "unit")
        mirrored = (PACKAGE / name.parent / name.name.removeprefix("test_")).exists()
        beside = name.as_posix() in free or name.parts[0] == "scenarios" or f"{name.parent.as_posix()}/" in MIRRORED_BY_FOLDER
        if not mirrored and not beside:
            strays.append(name.as_posix())
    assert not strays, "a test file is named after the module that it tests"


def test_working_notes_are_not_in_the_project() -> None:
    """Pages are in `docs/`; notes that were written while working are not part of the project."""
    assert sorted(path.name for path in ROOT.glob("*.md")) == ["CHANGELOG.md", "README.md"]


def test_files_are_short() -> None:
    long = {}
    for path in modules():
        lines = len(path.read_text().splitlines())
        if lines > MAX_LINES and name_of(path) not in LONG_FOR_A_REASON:
            long[name_of(path)] = lines
    assert not long, f"more than {MAX_LINES} lines: divide them, or give the reason in LONG_FOR_A_REASON"


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def test_no_pattern_is_made_at_run_time() -> None:
    """Regular expressions are literals of ours: none can come from a user, so none can be slow on purpose."""
    found = []
    for path in modules():
        for call in calls(path):
            function = call.func
            of_re = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"
            if of_re and isinstance(function, ast.Attribute) and function.attr != "escape" and not _is_literal(call.args[0]):
                found.append(f"{name_of(path)}:{call.lineno}")
    assert found == []


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def test_print_is_not_used() -> None:
    """print() is not used, but click, rich and logs: it would end up among the answers of a command."""
    printing = [
        f"{name_of(path)}:{call.lineno}"
        for path in modules()
        for call in calls(path)
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]
    assert printing == []


def test_only_config_reads_the_environment() -> None:
    reading = [
        name_of(path) for path in modules()
        if re.search(r"os\.(environ|getenv)", path.read_text()) and name_of(path) not in ("config.py", "demo.py", "bench/ingest.py")
    ]  # fmt: skip
    assert reading == []


def test_templates_escape_everything() -> None:
    """XSS: visitors' data is text: no `|safe`, no switched-off escaping, no inline handlers."""
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert len(templates) > 5
    for path in templates:
        text = path.read_text()
        for forbidden in (r"\|\s*safe\b", r"autoescape\s+false", r"\son[a-z]+\s*=", r"javascript:", r"hx-on"):
            assert not re.search(forbidden, text, re.IGNORECASE), f"{path.name}: {forbidden}"
    for path in modules():
        if not path.is_relative_to(PACKAGE / "bench"):
            assert "Markup(" not in path.read_text(), f"{name_of(path)}: data would reach a page unescaped"


def test_sql_is_never_put_together_from_data() -> None:
    """`text()` and exec_driver_sql take literals, or text made from our own tables in storage/write/bulk.py and its callers."""
    found = []
    for path in modules():
        for call in calls(path):
            function = call.func
            if isinstance(function, ast.Attribute) and function.attr in ("text", "exec_driver_sql") and call.args:
                formatted = isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
                if formatted and name_of(path) not in ("storage/setup.py", "storage/write/bulk.py", "storage/engine.py"):
                    found.append(f"{name_of(path)}:{call.lineno}")
    assert found == []


def test_the_domain_uses_the_standard_library_and_msgspec_only() -> None:
    allowed = set(sys.stdlib_module_names) | {"msgspec", "collector"}
    for path in sorted((PACKAGE / "domain").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            assert {name.partition(".")[0] for name in names} <= allowed, f"{path.name}: {names}"


def test_avoided_words_name_no_module_or_class() -> None:
    """Names that say nothing do not occur as names of modules or classes."""
    avoided = re.compile(r"(manager|helper|utils?|service|sink|distinct_?id)", re.IGNORECASE)
    for path in modules():
        assert not avoided.search(path.stem), name_of(path)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                assert not avoided.search(node.name), f"{name_of(path)}: {node.name}"
