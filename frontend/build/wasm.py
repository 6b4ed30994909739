"""Build the page's engine: the kernels of ``convwidgets.engine.kernels`` as WebAssembly.

Numba compiles each kernel for one signature, unoptimised, to LLVM's language; LLVM's WebAssembly
back end optimises the lot and wasm-ld links it. The same sources and the same tools give the same
bytes. ``python frontend/build/wasm.py`` writes the module, ``--check`` only compares.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "frontend/src/engine/generated/kernels.wasm.base64.ts"

TRIPLE = "wasm32-unknown-unknown"
FEATURES = "+simd128,+bulk-memory,+nontrapping-fptoint,+sign-ext"
VECTOR_BYTES = 16
# Where the page puts its arrays: above the linker's own stack and constants.
STACK_BYTES = 64 * 1024


def build(out: Path = OUT) -> bytes:
    """Compile, link and write the module.

    Parameters
    ----------
    out : Path
        The TypeScript file that gets the module in base64.

    Returns
    -------
    bytes
        The WebAssembly module.

    Raises
    ------
    subprocess.CalledProcessError
        If the compiler or the linker fails; they have said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            # Not yet vectorised for this machine.
            "NUMBA_OPT": "0",
            "NUMBA_CPU_NAME": "generic",
            "NUMBA_CPU_FEATURES": "",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, __file__, "--compile", folder]
        subprocess.run(command, env=environment, check=True)
        linked = Path(folder) / "kernels.wasm"
        exports = (Path(folder) / "exports.txt").read_text(encoding="utf-8").split()
        subprocess.run(
            [
                *(sys.executable, "-m", "ziglang", "wasm-ld"),
                *("--no-entry", "--gc-sections", "--strip-all", "--stack-first"),
                *("-z", f"stack-size={STACK_BYTES}"),
                *(f"--export={name}" for name in exports),
                *("--export=__heap_base", "-o", str(linked), str(Path(folder) / "kernels.o")),
            ],
            check=True,
        )
        module = linked.read_bytes()
    text = base64.b64encode(module).decode()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(
        "/** The kernels as WebAssembly, in base64; made by frontend/build/wasm.py. */\n"
        f'export const KERNELS_WASM =\n  "{text}";\n',
        encoding="utf-8",
        newline="\n",
    )
    return module


def compile_object(folder: Path) -> None:
    """Compile every kernel into ``folder/kernels.o``; runs in a process of its own."""
    import llvmlite.binding as llvm

    from convwidgets.engine import kernels, vector

    vector.vector_bytes = VECTOR_BYTES
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(TRIPLE).create_target_machine(
        cpu="generic", features=FEATURES, opt=3, reloc="static", codemodel="default"
    )
    whole = llvm.parse_assembly(f'target triple = "{TRIPLE}"')
    whole.data_layout = str(machine.target_data)
    names = [name for name in kernels.SIGNATURES if name not in kernels.NATIVE]
    for name in names:
        function = getattr(kernels, name)
        signature = kernels.signature(name, "float32")
        function.compile(signature)
        overload = function.overloads[signature]
        text = prepared(overload.library.get_llvm_str(), machine)
        module = llvm.parse_assembly(text)
        entry = overload.fndesc.llvm_func_name
        for item in [*module.functions, *module.global_variables]:
            if not item.is_declaration and item.name != entry:
                item.linkage = "internal"
        module.get_function(entry).name = name
        whole.link_in(module)
    options = llvm.create_pipeline_tuning_options(3)
    # The tiles are written out by hand; what else LLVM would write out is not worth its bytes.
    options.loop_unrolling = False
    options.inlining_threshold = 40
    passes = llvm.create_pass_builder(machine, options)
    manager = passes.getModulePassManager()
    manager.run(whole, passes)
    whole.verify()
    (folder / "kernels.o").write_bytes(machine.emit_object(whole))
    (folder / "exports.txt").write_text(" ".join(names), encoding="utf-8")


def prepared(text: str, machine: Any) -> str:
    """The module's text for the page's target: no trace of this machine."""
    kept = []
    for line in text.splitlines():
        if line.startswith("target triple"):
            line = f'target triple = "{TRIPLE}"'
        elif line.startswith("target datalayout"):
            line = f'target datalayout = "{machine.target_data}"'
        elif line.startswith("attributes #"):
            words = line.split(" ")
            line = " ".join(w for w in words if not w.startswith(('"target-', '"tune-')))
        kept.append(line.replace(" common global", " internal global"))
    # Counting references is for arrays that own their memory; in the page none does.
    counting = re.compile(r"^define [^\n]*@(NRT_(?:inc|dec)ref)\(.*?^}", re.DOTALL | re.MULTILINE)
    return counting.sub(r"define void @\1(ptr %info) {\n  ret void\n}", "\n".join(kept))


def main(arguments: list[str]) -> int:
    """Run one of the three forms of the command."""
    if arguments[:1] == ["--compile"]:
        compile_object(Path(arguments[1]))
        return 0
    try:
        if arguments == ["--check"]:
            return check()
        print(f"kernels.wasm: {len(build()):,} bytes")
    except subprocess.CalledProcessError:
        print("frontend/build/wasm.py: the WebAssembly could not be built.", file=sys.stderr)
        return 1
    return 0


def check() -> int:
    """Build aside, and compare with what is there."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / OUT.name
        build(fresh)
        if OUT.is_file() and fresh.read_bytes() == OUT.read_bytes():
            return 0
    print("The WebAssembly is stale: run `python frontend/build.py`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
