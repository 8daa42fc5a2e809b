"""Public files brought into a folder: whole, verified, and never twice."""

from deepdep.sources.download.fetch import (
    DownloadReport,
    HGNCDownload,
    MSigDBDownload,
    RemoteSource,
    download,
)

__all__ = ["DownloadReport", "HGNCDownload", "MSigDBDownload", "RemoteSource", "download"]
