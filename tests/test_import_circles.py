"""No file of the Rust core, of its bindings or of the package imports itself by way of others.

A file depends on every file that its imports lead to. What counts:

- Rust: `use` lines and paths elsewhere. A path leads to the last file that it names; a name that a
  `mod.rs` re-exports leads to that `mod.rs`. So a `mod.rs` that only collects its children is part
  of a circle as soon as a child uses one of its names: a child imports from the file that defines.
  `mod x;` alone is no dependency. Unit tests, which may use the whole crate, do not count.
- Python: imports at the top of a file, those under `TYPE_CHECKING` too. A name that a package's
  `__init__.py` imports leads to that `__init__.py`. Imports inside functions, by which heavy and
  late modules are loaded, do not count.
"""

from __future__ import annotations

import ast
import re

import pytest

from conftest import ROOT


def circles(graph):
    """Return the strongly connected parts of more than one file (Tarjan 1972), each sorted."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            cut = stack.index(node)
            part = stack[cut:]
            del stack[cut:]
            if len(part) > 1:
                found.append(sorted(part))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


# ---- Rust ----


def rust_modules(source):
    """Return a dictionary from the path of a module, as a tuple of names, to its file."""
    modules = {}
    for file in sorted(source.rglob("*.rs")):
        parts = file.relative_to(source).with_suffix("").parts
        modules[parts[:-1] if parts[-1] in ("mod", "lib") else parts] = file
    return modules


def rust_code(file):
    """Return what a file says without its comments, its strings and its unit tests."""
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    return re.split(r"#\[cfg\(test\)\]\s*mod\s+\w+\s*\{", text)[0]


def expanded(tree):
    """Return the paths of one `use` tree: `a::{b, c::d}` gives `a::b` and `a::c::d`."""
    tree = re.sub(r"\s+as\s+\w+", "", tree.strip())
    head, brace, rest = tree.partition("{")
    if not brace:
        return [tree]
    paths, depth, start = [], 0, 0
    inside = rest[: rest.rindex("}")]
    for position, character in enumerate(inside + ","):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            if inside[start:position].strip():
                paths += [head + path for path in expanded(inside[start:position])]
            start = position + 1
    return paths


def rust_paths(text):
    """Return the paths of modules of a crate that its code names, in `use` lines and elsewhere."""
    used = re.findall(r"\buse\s+([^;]+);", text)
    rest = re.sub(r"\buse\s+[^;]+;", "", text)
    paths = [path for tree in used for path in expanded(tree)]
    return paths + re.findall(r"\b(?:crate|super|self)(?:\s*::\s*\w+)+", rest)


def rust_graph(source):
    modules = rust_modules(source)
    graph = {}
    for module, file in modules.items():
        graph[module] = set()
        for path in rust_paths(rust_code(file)):
            names = [name.strip() for name in path.split("::")]
            if names[0] == "crate":
                at, names = (), names[1:]
            elif names[0] in ("super", "self"):
                at = module
                while names and names[0] in ("super", "self"):
                    at = at[:-1] if names[0] == "super" else at
                    names = names[1:]
            elif (*module, names[0]) in modules:  # a child, as in `pub use child::Name;`
                at = module
            else:
                continue  # another crate
            while names and (*at, names[0]) in modules:
                at, names = (*at, names[0]), names[1:]
            if at in modules and at != module:
                graph[module].add(at)
    return {"::".join(k) or "lib": {"::".join(o) or "lib" for o in v} for k, v in graph.items()}


@pytest.mark.parametrize("source", ["rust/core/src", "rust/bindings/src"])
def test_no_circles_in_rust(source):
    graph = rust_graph(ROOT / source)
    assert any(graph.values())
    assert circles(graph) == []


# ---- Python ----


def at_the_top(nodes):
    """Return the imports of a file that stand outside functions, in classes and conditions too."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found += at_the_top(ast.iter_child_nodes(node))
    return found


def python_graph(package):
    files = {}
    for file in sorted([*package.rglob("*.py"), *package.rglob("*.pyi")]):
        parts = file.relative_to(package.parent).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    graph = {name: set() for name in files}
    for name, file in files.items():
        here = name if file.stem == "__init__" else name.rpartition(".")[0]
        for node in at_the_top(ast.parse(file.read_text(encoding="utf-8")).body):
            if isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names}
                continue
            base = node.module or ""
            if node.level:
                parts = here.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                graph[name].add(whole if whole in files else base)
        graph[name] = {other for other in graph[name] if other in files and other != name}
    return graph


def test_no_circles_in_python():
    graph = python_graph(ROOT / "python/prefmath")
    assert any(graph.values())
    assert circles(graph) == []


# ---- the checker itself ----


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_paths_of_rust_are_read():
    assert expanded("super::{a::{B, C}, d as e, self}") == [
        "super::a::B",
        "super::a::C",
        "super::d",
        "super::self",
    ]
    assert rust_paths("use crate::a::{b, C};\nfn f() -> super::d::E {}") == [
        "crate::a::b",
        "crate::a::C",
        "super::d::E",
    ]
