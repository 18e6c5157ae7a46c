"""A role's header gives that role's powers and no other's: naming one does not compile, and compiles with its header."""
import house
import tap

REPORT = tap.Report()
POWERS = {
    "main": {
        "BrowserWindow": "std::size_t size = sizeof(mullion::main::BrowserWindow);",
        "UtilityProcess": "std::size_t size = sizeof(mullion::main::UtilityProcess);",
        "App": "void end(mullion::main::App& app) { app.quit(); }",
    },
    "preload": {
        "contextBridge": "void use(mullion::preload::Context& context) { (void)context.context_bridge(); }",
        "ipcRenderer": "void use(mullion::preload::Context& context) { (void)context.ipc_renderer(); }",
    },
    "utility": {
        "parentPort": "void use(mullion::utility::Process& process) { (void)process.parent_port(); }",
    },
    "renderer": {
        "Page": "std::size_t size = sizeof(mullion::renderer::Page);",
    },
}


def compiles(header, power):
    return house.compile_source("clang++-19" if "clang++-19" in house.COMPILERS else "g++",
                                f'#include <cstddef>\n#include "mullion/{header}.hpp"\n{power}\n')


def unreachable(name):
    """Names a power of one role in a file that includes another's header: the failure must be about that line."""
    role, owner, power = CASES[name]
    text = POWERS[owner][power]
    if role == owner:
        return compiles(role, text)
    said = compiles(role, text)
    if not said:
        return f"{role}.hpp alone lets this compile: {text}"
    return "" if "<stdin>:3:" in said else f"it failed for another reason:\n{said}"


CASES = {}
for owner, powers in POWERS.items():
    for power in powers:
        CASES[f"roles: {owner}.hpp gives {power}"] = (owner, owner, power)
        for role in house.ROLES:
            if role != owner:
                CASES[f"roles: {role}.hpp does not give {owner}'s {power}"] = (role, owner, power)
REPORT.each(list(CASES), unreachable)
REPORT.end()
