"""An S3 server for tests: SeaweedFS (`weed`), on free ports of loopback, with a folder of its own.

It enforces conditional puts, as real object stores do. `python -m tests.services.s3` runs one until Ctrl-C
and prints the variables that a shell needs to use it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from tests.services.process import ServerDied, Service, free_ports

__all__ = ["S3Server", "S3Space"]

_REGION = "us-east-1"
_ROLES = ("master", "volume", "filer", "s3")
_TRIES = 3


class S3Server:
    """A context manager: inside it, buckets can be made, written and read with ``environment``."""

    def __init__(self) -> None:
        self._key, self._secret = "AK" + secrets.token_hex(9).upper(), secrets.token_hex(20)
        self._known: set[str] = set()
        self._ports: dict[str, int] = {}
        self._service: Service | None = None
        self.folder = Path()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process must have in its environment to use the server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "AWS_REGION": _REGION,
            "AWS_ALLOW_HTTP": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def pid(self) -> int:
        assert self._service is not None, "the S3 server is stopped"
        return self._service.pid

    def url(self, bucket: str = "lake") -> str:
        """``s3://bucket``; the bucket is there from then on."""
        if bucket not in self._known:
            self._put(f"/{bucket}")
            self._known.add(bucket)
        return f"s3://{bucket}"

    def space(self, name: str) -> S3Space:
        """A place of its own below one bucket that all spaces share."""
        return S3Space(self, f"{self.url('tests')}/{name}-{secrets.token_hex(4)}")

    def stop(self) -> None:
        """End it; the data stay, and :meth:`start` brings it back at the same address."""
        if self._service is not None:
            self._service.stop()
        self._service = None
        for socket in self._sockets():
            socket.unlink(missing_ok=True)

    def start(self) -> None:
        """Start it on the ports it has; raises ServerDied if it does not come up."""
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": self._key, "secretKey": self._secret}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        config = self.folder / "s3.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"identities": [identity]}))
        self._service = Service(
            [str(Path(sys.executable).with_name("weed")), "server", *self._options(config)],
            # Its home too: what is configured for another `weed` on this machine is none of ours.
            environment={"PATH": os.environ["PATH"], "HOME": str(self.folder), "TMPDIR": str(self.folder)},
            folder=self.folder,
            log=self.folder / "log",
            remove=[self.folder, *self._sockets()],
        )
        self._service.wait_for("the S3 server", self._is_ready)

    def wait(self) -> None:
        """Return when it has ended by itself."""
        if self._service is not None:
            self._service.wait()

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="clearwell-s3-"))
        try:
            self._start_on_free_ports()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_on_free_ports(self) -> None:
        names = [f"{role}.{kind}" for role in _ROLES for kind in ("port", "port.grpc")]
        for turn in range(_TRIES):
            self._ports = dict(zip(names, free_ports(len(names)), strict=True))
            try:
                self.start()
            except ServerDied:  # perhaps somebody took one of its ports meanwhile
                self.stop()
                if turn == _TRIES - 1:
                    raise
            else:
                return

    def _sockets(self) -> list[Path]:
        """Where weed leaves sockets when it is killed; the place is fixed in its code."""
        ports = {role: self._ports[f"{role}.port.grpc"] for role in _ROLES}
        return [Path(f"/tmp/seaweedfs-{role}-grpc-{port}.sock") for role, port in ports.items()]

    def _options(self, config: Path) -> list[str]:
        options = {
            "dir": self.folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "filer": "true",
            "s3": "true",
            "s3.config": config,
            "s3.iam": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": self.folder / "s3.sock",
            "filer.localSocket": self.folder / "filer.sock",
            "master.electionTimeout": "1s",  # the ten of the default are waited for when it starts again
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 128,
            "master.volumePreallocate": "false",
            "volume.max": 1_000,  # every bucket takes seven or more
            "volume.minFreeSpace": 0,
        }
        return [f"-{name}={value}" for name, value in {**options, **self._ports}.items()]

    def _is_ready(self) -> bool:
        with suppress(OSError):  # urllib's errors are such
            self._put("/tests")
            self._put("/tests/ready", b"a bucket can be there before its volumes are")
            return True
        return False

    def _put(self, path: str, body: bytes = b"") -> None:
        headers = self._signed("PUT", path, body)
        request = urllib.request.Request(self.endpoint + path, body, headers, method="PUT")
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 409:  # the bucket is there already
                    raise

    def _signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """The headers of a request, signed by AWS's Signature Version 4."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        content = hashlib.sha256(body).hexdigest()
        headers = {"host": self.endpoint[7:], "x-amz-content-sha256": content, "x-amz-date": stamp}
        lines = [f"{name}:{value}" for name, value in headers.items()]
        canonical = "\n".join([method, path, "", *lines, "", ";".join(headers), content])
        scope = [stamp[:8], _REGION, "s3", "aws4_request"]
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), digest])
        key = f"AWS4{self._secret}".encode()
        for part in (*scope, text):
            key = hmac.digest(key, part.encode(), "sha256")
        who = f"Credential={self._key}/{'/'.join(scope)}"
        value = f"AWS4-HMAC-SHA256 {who}, SignedHeaders={';'.join(headers)}, Signature={key.hex()}"
        return {**headers, "authorization": value}


@dataclass(frozen=True)
class S3Space:
    """A test's own part of a server: nobody else writes below :meth:`url`."""

    server: S3Server
    root: str

    @property
    def environment(self) -> dict[str, str]:
        return self.server.environment

    def url(self, path: str = "lake") -> str:
        """The address of ``path`` in this space."""
        return f"{self.root}/{path}"


def main() -> None:
    """Run a server until Ctrl-C."""
    with S3Server() as server:
        server.url("lake")
        lines = [f"export {name}={value}" for name, value in server.environment.items()]
        lines.append(f"# s3://lake is there; process {server.pid} keeps it in {server.folder} until Ctrl-C")
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
