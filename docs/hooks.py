"""What MkDocs needs beside the pages: see mkdocs.yml.

README and its neighbours become pages; links to files of the repository lead to pages of their
text; commands, settings and functions are described from the code itself.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from deepdep import _HOMES
from deepdep.cli.app import app

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "deepdep"
# Files beside the folder docs that are pages, by what the page is called
PAGES = {
    "README.md": "index.md",
    "README.ko.md": "korean.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
# Where a link to a file or folder leads that is told of elsewhere
TOLD = {"params.yaml": "reference/settings.md", "params.schema.json": "reference/settings.md"}
COMMANDS_ROOMS = {"cli"}  # described by commands.md
LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?(\))")
FENCE = re.compile(r"^ *```")
BEGINS_BLOCK = {"list": re.compile(r"^([-*]|\d+\.) "), "table": re.compile(r"^\|")}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the folders of the navigation, and add the pages that it does not name."""
    docs = Path(config.docs_dir)
    named = set(_leaves(config.nav))
    folders = {path.name for path in docs.iterdir() if path.is_dir()} & named
    for folder in folders:
        pages = sorted(f"{folder}/{file.name}" for file in (docs / folder).glob("*.md"))
        _fill(config.nav, folder, pages)
    _fill(config.nav, "reference/python", [f"reference/python/{room}.md" for room in _rooms()])
    how_to = next(entry["How to"] for entry in config.nav if "How to" in entry)
    how_to += sorted({file.name for file in docs.glob("*.md")} - named)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made of other files and of the code."""

    def add(path: str, text: str) -> None:
        files.append(File.generated(config, path, content=text))

    for source, path in PAGES.items():
        add(path, (ROOT / source).read_text(encoding="utf-8"))
    add("tutorials.md", _tutorials(files, config))
    add("reference/commands.md", _commands())
    add("reference/settings.md", _settings())
    for room in _rooms():
        add(f"reference/python/{room}.md", _room(room))
    pages = [file for file in files if file.src_uri.endswith(".md")]
    for page in pages:
        for target in _links(page.src_uri, page.content_string):
            path = _page_of(target)
            source = ROOT / target
            if path.startswith("repository/") and files.get_file_from_path(path) is None:
                add(path, _listing(target, source))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to pages of the site, and begin lists and tables as Python-Markdown asks."""
    here = page.file.src_uri

    def moved(link: re.Match[str]) -> str:
        if "://" in link[2] or link[2].startswith("mailto:"):
            return link[0]
        path = relpath(_page_of(_target(here, link[2])), dirname(here) or ".")
        return f"{link[1]}{path}{link[3] or ''}{link[4]}"

    return "\n".join(_separated(_outside_code(markdown, lambda line: LINK.sub(moved, line))))


def _target(page: str, link: str) -> str:
    """Return the path in the repository of what a page, by its path in the site, links to."""
    source = next((s for s, path in PAGES.items() if path == page), f"docs/{page}")
    source = source.removeprefix("docs/repository/")  # the page of a file
    return normpath(f"{dirname(source)}/{link}".lstrip("/"))


def _page_of(target: str) -> str:
    """Return the page of the site that a path in the repository is on."""
    if target in PAGES or target in TOLD:
        return PAGES.get(target) or TOLD[target]
    if target == "notebooks" or target.startswith("notebooks/"):
        return target if target.endswith(".ipynb") else "tutorials.md"
    if target.startswith("docs/") and (ROOT / target).is_dir():
        return sorted((ROOT / target).glob("*.md"))[0].relative_to(ROOT / "docs").as_posix()
    if target.startswith("docs/") or not (ROOT / target).exists():
        return target.removeprefix("docs/")
    return f"repository/{target}.md"


def _links(page: str, text: str) -> Iterator[str]:
    for link in LINK.finditer(text):
        if "://" not in link[2] and not page.startswith("reference/"):
            yield _target(page, link[2])


def _listing(name: str, path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    if path.is_dir():
        entries = "\n".join(sorted(entry.name for entry in path.iterdir() if entry.name[0] != "_"))
        return f"# {name}\n\n```\n{entries}\n```\n"
    kind = {".py": "python", ".yaml": "yaml", ".cff": "yaml", ".json": "json"}.get(path.suffix, "")
    return f"# {name}\n\n````{kind}\n{path.read_text(encoding='utf-8')}\n````\n"


def _outside_code(markdown: str, change: Any) -> list[str]:
    lines, is_code = [], False
    for line in markdown.split("\n"):
        is_code ^= bool(FENCE.match(line))
        lines.append(line if is_code or FENCE.match(line) else change(line))
    return lines


def _separated(lines: list[str]) -> Iterator[str]:
    """Put an empty line before a list or a table that follows a paragraph, as on GitHub."""
    is_code, inside = False, None
    for line, before in zip(lines, ["", *lines], strict=False):
        is_code ^= bool(FENCE.match(line))
        kind = next((name for name, begin in BEGINS_BLOCK.items() if begin.match(line)), None)
        if not line.strip():
            inside = None
        if kind and not is_code and before.strip() and inside != kind:
            yield ""
        inside = kind or inside
        yield line


def _tutorials(files: Files, config: MkDocsConfig) -> str:
    """List the notebooks, by language; each can be downloaded."""
    lines = [
        "# Tutorials",
        "",
        "Notebooks to download and run, in English and Korean.",
        "",
    ]
    for path in sorted((ROOT / "notebooks").glob("**/*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        uri = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, uri, abs_src_path=str(path)))
        lines.append(f"- [{_title(path)}]({relpath(uri, '.')}) (`{uri}`)")
    return "\n".join([*lines, ""])


def _title(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "".join(
        "".join(cell["source"]) + "\n" for cell in cells if cell["cell_type"] == "markdown"
    )
    found = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    return found[1] if found else notebook.stem


def _commands() -> str:
    """Describe every command from its function, as ``--help`` does."""
    lines = ["# Commands", ""]
    for names, command in _each_command(("deepdep",), typer.main.get_command(app)):
        context = command.context_class(command, info_name=" ".join(names))
        usage = " ".join([*names, *command.collect_usage_pieces(context)])
        lines += [f"{'#' * min(len(names), 3)}# `{' '.join(names)}`", "", "```", usage, "```", ""]
        lines += [*_paragraphs(command.help or ""), ""]
        rows = [p.get_help_record(context) for p in command.params]
        rows = [(name, text) for name, text in filter(None, rows) if not name.startswith("--help")]
        if rows:
            lines += ["| option | what it does |", "|---|---|"]
            lines += [f"| `{name}` | {_cell(text)} |" for name, text in rows]
            lines.append("")
    return "\n".join(lines)


def _each_command(names: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield names, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _each_command((*names, name), below)


def _paragraphs(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in text.replace("\f", "").split("\n\n")]
    begin = "Example: "
    shown = [
        f"```\n{p.removeprefix(begin)}\n```" if p.startswith(begin) else _escaped(p) for p in parts
    ]
    return "\n\n".join(shown).split("\n")


def _escaped(text: str) -> str:
    return re.sub(r"([*_<>\[\]])", r"\\\1", text)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _settings() -> str:
    """Show params.yaml group by group, and what each setting may be by its schema."""
    schema = json.loads((ROOT / "params.schema.json").read_text(encoding="utf-8"))
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    lines = ["# Settings", "", "Every number that a run depends on stands in `params.yaml`.", ""]
    for group, content in _groups(text).items():
        rows = dict(_types(group, schema["properties"][group], schema["$defs"]))
        lines += [f"## {group}", "", "```yaml", content.rstrip(), "```", ""]
        lines += ["| setting | may be |", "|---|---|"]
        lines += [f"| `{path}` | {kind} |" for path, kind in rows.items()]
        lines.append("")
    return "\n".join(lines)


def _groups(text: str) -> dict[str, str]:
    """Part params.yaml at the keys of its top level; comments above a key go with it."""
    parts = re.split(r"^(?=(?:#.*\n)*\w+:)", text, flags=re.MULTILINE)
    keys = ((re.search(r"^(\w+):", part, flags=re.MULTILINE), part) for part in parts)
    return {key[1]: part for key, part in keys if key}


def _types(path: str, schema: dict[str, Any], defs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    found = _resolved(schema, defs)
    below = dict(found.get("properties", {}))
    if isinstance(found.get("additionalProperties"), dict):
        below["*"] = found["additionalProperties"]
    if not below:
        yield path, _kind(found, defs)
    for key, part in below.items():
        yield from _types(f"{path}.{key}", part, defs)


def _resolved(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _resolved(defs[schema["$ref"].rpartition("/")[2]], defs)
    others = [part for part in schema.get("anyOf", []) if part.get("type") != "null"]
    if len(others) == 1 and "$ref" in others[0]:
        return _resolved(others[0], defs)
    return schema


def _kind(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _kind(_resolved(schema, defs), defs)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_kind(part, defs) for part in schema[key]))
    if schema.get("type") == "array":
        parts = schema.get("prefixItems") or [schema.get("items", {})]
        return f"list of {' and '.join(dict.fromkeys(_kind(part, defs) for part in parts))}"
    if "pattern" in schema:
        return f"text like `{schema['pattern']}`"
    names = {"string": "text", "null": "nothing", "object": "a group"}
    return names.get(schema.get("type", ""), schema.get("type", "anything"))


def _rooms() -> list[str]:
    """Name the front door, then the rooms of the package that a program may import."""
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    return ["deepdep", *(room for room in rooms if room not in COMMANDS_ROOMS)]


def _room(room: str) -> str:
    if room == "deepdep":
        lines = ["# deepdep", "", "::: deepdep", "    options:", "      members: false"]
        lines += ["      show_root_heading: false", ""]
        for name in (name for name in _HOMES if not name.isupper()):
            lines += [f"## deepdep.{name}", "", f"::: {_home(name)}", "    options:"]
            lines += ["      heading_level: 3", "      show_root_heading: false"]
            lines += ["      show_root_toc_entry: false", "      skip_local_inventory: true", ""]
        return "\n".join(lines)
    lines = [f"# deepdep.{room}", "", f"::: deepdep.{room}", "    options:"]
    lines += ["      members: false", "      show_root_heading: false", ""]
    for file in sorted((PACKAGE / room).rglob("*.py")):
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        if module != f"deepdep.{room}":
            lines += [f"::: {module}", ""]
    return "\n".join(lines)


def _home(name: str) -> str:
    """Return where a name of the front door is; a function may be called as its module is."""
    module, attribute = _HOMES[name].split(":")
    path = ROOT.joinpath("src", *module.split("."), f"{attribute}.py")
    return f"{module}.{attribute}.{attribute}" if path.exists() else f"{module}.{attribute}"


def _leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict | list):
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _leaves(part)


def _fill(nav: Any, name: str, pages: list[str]) -> None:
    """Replace a folder's name in the navigation by its pages."""
    for entry in nav:
        if isinstance(entry, dict):
            for title, below in entry.items():
                if below == name:
                    entry[title] = pages
                elif isinstance(below, list):
                    _fill(below, name, pages)
