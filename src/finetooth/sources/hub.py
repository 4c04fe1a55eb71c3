"""Datasets of the Hugging Face Hub, named ``hf:org/name[:config][@split]``.

Their data files are read by finetooth's own readers, from the hub's cache on this machine or straight from the hub:
`load_dataset` would alter values (it takes dates and long integers for what they are not) and hide rows. Only a dataset
that the cache holds in no other form than the one `datasets` prepared is read through that library. No code of a
dataset is ever run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetooth.errors import InputError
from finetooth.sources.datasetfile import DatasetFile
from finetooth.sources.refused import Refused
from finetooth.sources.remote import remote_sources
from finetooth.sources.rows import from_memory
from finetooth.sources.source import Source

_NAME = re.compile(r"hf:(?P<id>[\w.-]+(?:/[\w.-]+)?)(?::(?P<config>[^@:]+))?(?:@(?P<split>[\w.-]+))?")
_SHARD = re.compile(r"(?P<before>.*-)(?P<number>\d{5})-of-(?P<count>\d{5})(?P<after>.*)")


@dataclass(frozen=True, slots=True)
class HubDataset:
    """What was named."""

    id: str
    """Such as ``org/name``."""
    config: str | None
    """The subset, or None for all."""
    split: str | None
    """Such as ``train``, or None for all."""


def hub_sources(name: str) -> list[Source]:
    """Return the data files of a hub dataset; without a config and a split all files of its repository.

    The cache is asked first. Beyond it only where ``HF_HUB_OFFLINE`` is not set.

    Raises:
        InputError: it is not in the cache and cannot be reached, or has no such config or split.
    """
    found = _NAME.fullmatch(name)
    if not found:
        raise InputError(f"{name}: not the name of a hub dataset; write hf:org/name, hf:org/name:config or …@split")
    wanted = HubDataset(found["id"], found["config"], found["split"])
    snapshot = _snapshot(wanted.id)
    if snapshot:
        return _cached(name, wanted, snapshot)
    try:
        if _offline():
            raise InputError(f"{name}: not in the hub's cache on this machine, and HF_HUB_OFFLINE is set; download it")
        return _online(name, wanted)
    except InputError:
        # A last resort, because what `datasets` prepared is not always what the files hold.
        if prepared := _prepared(name, wanted):
            return prepared
        raise


def _snapshot(repository: str) -> Path | None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - heavy
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    try:
        return Path(snapshot_download(repository, repo_type="dataset", local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError):
        return None


def _cached(name: str, wanted: HubDataset, snapshot: Path) -> list[Source]:
    names = _chosen(name, wanted, str(snapshot)) or sorted(
        str(path) for path in snapshot.rglob("*") if not _hidden(path.relative_to(snapshot)) and not path.is_dir()
    )
    if not names:
        raise InputError(f"{name}: the hub's cache holds no file of it; download it again")
    sources: list[Source] = [DatasetFile(each) for each in names]
    return [*sources, *_missing_shards(names)]


def _missing_shards(names: Sequence[str]) -> list[Source]:
    """Return a refusal for each shard that the names of its siblings tell of, and that the cache does not hold."""
    present = set(names)
    missing: dict[str, None] = {}
    for each in names:
        if shard := _SHARD.fullmatch(each):
            for number in range(min(int(shard["count"]), 100_000)):
                other = f"{shard['before']}{number:05}-of-{shard['count']}{shard['after']}"
                if other not in present:
                    missing[other] = None
    return [Refused(each, "not in the hub's cache, though its siblings are; download the dataset") for each in missing]


def _online(name: str, wanted: HubDataset) -> list[Source]:
    base = f"hf://datasets/{wanted.id}"
    names = _chosen(name, wanted, base)
    if not names:
        return remote_sources(base)
    return [source for each in names for source in remote_sources(each)]


def _chosen(name: str, wanted: HubDataset, base: str) -> list[str]:
    """Return the data files of the config and split, by the rules of `datasets`; none where all are wanted."""
    if not wanted.config and not wanted.split:
        return []
    from datasets.data_files import DataFilesDict, get_data_patterns  # noqa: PLC0415 - heavy
    from datasets.utils.metadata import MetadataConfigs  # noqa: PLC0415

    try:
        configs = MetadataConfigs.from_dataset_card_data(_card(base))
        if wanted.config and wanted.config not in configs and wanted.config != "default":
            raise InputError(f"{name}: no such config; there are {', '.join(sorted(configs)) or 'none'}")
        patterns = _patterns(configs, wanted.config) or get_data_patterns(base)
        files = DataFilesDict.from_patterns(patterns, base_path=base)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - no network, no such dataset, a card that is none
        raise InputError(f"{name}: its files cannot be told ({type(error).__name__}); name them as paths") from None
    if wanted.split and wanted.split not in files:
        raise InputError(f"{name}: no such split; there are {', '.join(sorted(map(str, files)))}")
    chosen = [files[wanted.split]] if wanted.split else list(files.values())
    return sorted({str(each).replace(f"{base}/../", "") for group in chosen for each in group})


def _patterns(configs: Any, config: str | None) -> Any:
    from datasets.data_files import sanitize_patterns  # noqa: PLC0415 - heavy

    if not configs:
        return None
    told = configs.get(config or configs.get_default_config_name() or next(iter(configs)), {})
    return sanitize_patterns(told["data_files"]) if "data_files" in told else None


def _card(base: str) -> Any:
    import fsspec  # noqa: PLC0415 - heavy
    from huggingface_hub import DatasetCard, DatasetCardData  # noqa: PLC0415

    files, root = fsspec.core.url_to_fs(base)
    card = f"{root}/README.md"
    if not files.isfile(card):
        return DatasetCardData()
    return DatasetCard(files.cat_file(card).decode("utf-8"), ignore_metadata_errors=True).data


def _prepared(name: str, wanted: HubDataset) -> list[Source]:
    """Return what `datasets` prepared of it earlier, from that library's own cache; nothing where there is none."""
    import datasets  # noqa: PLC0415 - heavy

    folder = Path(datasets.config.HF_DATASETS_CACHE) / wanted.id.replace("/", "___")
    if not folder.is_dir():
        return []
    offline = datasets.config.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = True
    try:
        loaded = datasets.load_dataset(wanted.id, wanted.config, split=wanted.split)
    except Exception:  # noqa: BLE001 - whatever the library makes of a cache that is not whole
        return []
    finally:
        datasets.config.HF_HUB_OFFLINE = offline
    return from_memory(loaded, name)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
