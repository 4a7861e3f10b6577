"""Lets PyTorch's Linux wheel be imported without the gigabytes of CUDA libraries that it is linked to.

On a CPU nothing of them is ever called, but the dynamic linker wants them there. This compiles stand-ins: libraries of
the same names whose functions return "no device". A wheel whose libraries are all there is left alone.

    python lean_torch.py      # in the environment that PyTorch was installed into with --no-deps
"""

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

NO_DEVICE = 100  # cudaErrorNoDevice

CUDA_LIBRARY = re.compile(r"^lib(cu|nccl|nv)")

# Undefined symbols that carry no version are the linker's own business unless they look like these.
CUDA_NAME = re.compile(r"^(__cuda|cu[A-Z]|cuda|cublas|cudnn|cufft|cufile|cusolver|cusparse|nccl|nvshmem|nvrtc|nvJit|_ZN?K?\d*nvshmem)")


def readelf(option: str, library: Path) -> str:
    command = ["readelf", option, "--wide", str(library)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(library: Path) -> list[str]:
    return re.findall(r"\(NEEDED\).*\[(.+)\]", readelf("--dynamic", library))


def version_owners(library: Path) -> dict[str, str]:
    """Which library each symbol version is asked of."""
    owners, owner = {}, ""
    for line in readelf("--version-info", library).splitlines():
        if found := re.search(r"File: (\S+)", line):
            owner = found[1]
        elif owner and (found := re.search(r"Name: (\S+)\s+Flags: \S+\s+Version:", line)):
            owners[found[1]] = owner
    return owners


def undefined_symbols(library: Path) -> list[tuple[str, str]]:
    symbols = []
    for line in readelf("--dyn-syms", library).splitlines():
        columns = line.split()
        if len(columns) >= 8 and columns[6] == "UND":
            name, _, version = columns[7].partition("@")
            symbols.append((name, version.strip("@")))
    return symbols


def stand_in(path: Path, symbols: dict[str, set[str]]) -> None:
    """Compiles a library with these functions, by version; the version `''` stands for none."""
    with tempfile.TemporaryDirectory() as folder:
        source, script = Path(folder, "stand_in.c"), Path(folder, "versions")
        names = sorted(set().union(*symbols.values())) if symbols else []
        source.write_text("".join(f"int {name}(void) {{ return {NO_DEVICE}; }}\n" for name in names))
        versions = {version: found for version, found in symbols.items() if version}
        if versions:
            unversioned = symbols.get("", set()) - set().union(*versions.values())
            first = next(iter(versions))
            versions[first] = versions[first] | unversioned
            script.write_text("".join(f"{v} {{ global: {'; '.join(sorted(s))}; }};\n" for v, s in versions.items()))
        options = [f"-Wl,--version-script={script}"] if versions else []
        command = ["cc", "-shared", "-fPIC", "-w", "-fno-builtin", f"-Wl,-soname,{path.name}", *options]
        subprocess.run([*command, "-o", str(path), str(source)], check=True)


def main() -> None:
    folder = Path(find_spec("torch").origin).parent / "lib"
    libraries = sorted(folder.glob("lib*.so"))
    present = {path.name for path in folder.iterdir()}
    missing = {name for library in libraries for name in needed(library) if CUDA_LIBRARY.match(name)}
    missing -= present
    if not missing:
        return
    wanted: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in missing}
    for library in libraries:
        owners, own_missing = version_owners(library), [name for name in needed(library) if name in missing]
        if not own_missing:
            continue
        unowned = [name for name in own_missing if name not in owners.values()] or own_missing
        for name, version in undefined_symbols(library):
            if owners.get(version) in missing:
                wanted[owners[version]][version].add(name)
            elif not version and CUDA_NAME.match(name):
                wanted[unowned[0]][""].add(name)
    for name, symbols in wanted.items():
        stand_in(folder / name, symbols)
    print(f"{len(missing)} stand-ins for CUDA libraries in {folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
