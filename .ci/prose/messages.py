"""Write the texts of the product for the prose linter: messages of gettext, and descriptions of the API.

Textlint reads neither the tags of Django templates nor Python. This writes each text as a paragraph of Markdown after
its source, `path:line`, to the file that is named on the command line.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import yaml
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["smartscheduler", "contractors", "customers", "jobs", "assignments", "recommendations"]
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# A call of gettext in the output of `templatize`, with its strings.
LITERAL = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
CALL = re.compile(rf"\bn?p?gettext\(({LITERAL}(?:, ?{LITERAL})*)|(?<![\w.])_\(({LITERAL})")
DESCRIPTIONS = {"description", "summary", "title"}

Text = tuple[int, str]


def of_template(source: str) -> Iterator[Text]:
    code = templatize(source)
    for match in CALL.finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        strings = ast.literal_eval(f"[{match[1] or match[2]}]")
        yield from ((line, text) for text in strings)


def of_python(source: str) -> list[Text]:
    texts = []
    for node in ast.walk(ast.parse(source)):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if name in GETTEXT:
            strings = [part.value for part in node.args if isinstance(part, ast.Constant)]
            messages = strings[1:] if "pgettext" in name else strings  # without the context
            texts += [(node.lineno, text) for text in messages if isinstance(text, str)]
    return sorted(texts)


def of_schema(node: yaml.Node) -> Iterator[Text]:
    """The descriptions, summaries and titles of an OpenAPI document."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in DESCRIPTIONS and isinstance(value, yaml.ScalarNode):
                yield key.start_mark.line + 1, value.value
            yield from of_schema(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from of_schema(value)


def texts() -> Iterator[tuple[Path, Text]]:
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield from ((path, text) for text in of_template(path.read_text()))
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        yield from ((path, text) for text in of_python(path.read_text()))
    schema = ROOT / "docs" / "openapi.yaml"
    yield from ((schema, text) for text in of_schema(yaml.compose(schema.read_text())))


def main(target: Path) -> None:
    settings.configure(USE_I18N=True)
    django.setup()
    seen = set()
    with target.open("w") as file:
        for path, (line, text) in texts():
            if text not in seen:
                seen.add(text)
                lines = "\n".join(map(str.strip, text.strip().splitlines()))
                file.write(f"`{path.relative_to(ROOT)}:{line}`\n\n{lines}\n\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
