"""Layers point down only: base < transport < node < ipc < script < process < adapters < backends, in include/ and in src/."""
import re

import house
import tap

REPORT = tap.Report()
RANK = {layer: rank for rank, layer in enumerate(house.LAYERS + ["adapters", "backends"])}
SYSTEM = re.compile(r"^(sys/|linux/|boost/|uv\.h|unistd|fcntl|signal|poll|pthread|time\.h|c?time$|chrono|thread|mutex|"
                    r"condition_variable|semaphore|random|filesystem|iostream|fstream|cstdio|stdio)")


def layer_of_file(name):
    """The layer that a file of this tree stands in: what stands above the layers in include/ is the process layer."""
    found = re.match(r"(?:include/mullion|src)/(?:(\w+)/)?", name)
    if name.startswith("backends/"):
        return "backends"
    return (found[1] or "process") if found else None


def layer_of_include(text):
    """The layer of a header of ours, or None for anybody else's."""
    for folder in (*house.PUBLIC, house.ROOT / "src", house.ROOT / "backends"):
        if (folder / text).is_file():
            return layer_of_file((folder / text).relative_to(house.ROOT).as_posix())
    return None


def upward(name, texts=None):
    own = RANK[layer_of_file(name)]
    texts = texts or [text for _, text in house.includes(house.ROOT / name)]
    return [f"{name} includes {text}" for text in texts if RANK.get(layer_of_include(text), -1) > own]


def private(name):
    return [f"{name} includes {text}, which is not installed" for bracket, text in house.includes(house.ROOT / name)
            if bracket == '"' and not any((folder / text).is_file() for folder in house.PUBLIC)]


def impure(name):
    return [f"{name} includes <{text}>" for _, text in house.includes(house.ROOT / name) if SYSTEM.match(text)]


def gather(check, names):
    return "\n".join(problem for name in names for problem in check(name))


sources = [name for name in house.tracked() if name.endswith((".hpp", ".cpp", ".h"))]
for layer in RANK:
    REPORT.check(f"layers: {layer} knows only itself and what is below",
                 gather(upward, [name for name in sources if layer_of_file(name) == layer]))
REPORT.check("layers: a public header includes public headers only",
             gather(private, [name for name in sources if re.match(r"(backends/\w+/)?include/", name)]))
REPORT.check("layers: an example includes public headers and its own only",
             gather(lambda name: [f"{name} includes {text}" for _, text in house.includes(house.ROOT / name)
                                  if (house.ROOT / "src" / text).is_file() or (house.ROOT / "backends" / text).is_file()],
                    [name for name in sources if name.startswith("examples/")]))
REPORT.check("layers: the core of node touches no clock, thread, file or system call",
             gather(impure, [name for name in sources if name.startswith("src/node/core/")]))
REPORT.check("layers: a seeded include that points up is seen",
             "" if upward("src/base/error.cpp", ["mullion/main.hpp"]) else "it was not")
REPORT.end()
