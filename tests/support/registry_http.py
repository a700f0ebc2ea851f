"""The few calls that tests make of a registry over plain HTTP: what is put there, and what is read back."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
_ACCEPT = f"{OCI_MANIFEST}, {OCI_INDEX}, application/vnd.docker.distribution.manifest.v2+json"


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _call(method: str, url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def put_blob(host: str, repository: str, data: bytes) -> dict[str, Any]:
    """Stores a blob; its descriptor without a media type."""
    status, headers, body = _call("POST", f"http://{host}/v2/{repository}/blobs/uploads/", b"")
    assert status == 202, body
    where = urllib.parse.urljoin(f"http://{host}/", headers["Location"])
    joint = "&" if "?" in where else "?"
    status, _, body = _call("PUT", f"{where}{joint}digest={digest_of(data)}", data, Content_Type="application/octet-stream")
    assert status == 201, body
    return {"digest": digest_of(data), "size": len(data)}


def put_manifest(host: str, repository: str, name: str | None, manifest: dict[str, Any] | bytes) -> str:
    """Stores a manifest under a tag, a digest or (None) its own digest, which is answered."""
    body = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    kind = json.loads(body)["mediaType"]
    name = name or digest_of(body)
    status, _, answer = _call("PUT", f"http://{host}/v2/{repository}/manifests/{name}", body, Content_Type=kind)
    assert status == 201, answer
    return digest_of(body)


def get_manifest(host: str, repository: str, name: str) -> bytes | None:
    status, _, body = _call("GET", f"http://{host}/v2/{repository}/manifests/{name}", Accept=_ACCEPT)
    assert status in (200, 404), body
    return body if status == 200 else None


def get_blob(host: str, repository: str, digest: str) -> bytes:
    status, _, body = _call("GET", f"http://{host}/v2/{repository}/blobs/{digest}")
    assert status == 200, body
    return body


def put_image(host: str, repository: str, tag: str, content: bytes = b"content") -> str:
    """An image of one layer that no engine would run; its digest."""
    config = {"mediaType": "application/vnd.oci.image.config.v1+json"} | put_blob(
        host, repository, b'{"architecture":"amd64","os":"linux"}'
    )
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar"} | put_blob(host, repository, content)
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]}
    return put_manifest(host, repository, tag, manifest)


def signature_tag(digest: str) -> str:
    return f"{digest.replace(':', '-')}.sig"


def signatures(host: str, repository: str, digest: str) -> list[tuple[bytes, dict[str, str]]]:
    """Payload and annotations of each signature under the ``.sig`` tag."""
    manifest = get_manifest(host, repository, signature_tag(digest))
    layers = json.loads(manifest)["layers"] if manifest else []
    return [(get_blob(host, repository, each["digest"]), each.get("annotations", {})) for each in layers]


def bundles(host: str, repository: str, digest: str) -> list[bytes]:
    """The bundles of the index that stands in for the referrers API."""
    index = get_manifest(host, repository, digest.replace(":", "-"))
    found = []
    for each in json.loads(index)["manifests"] if index else []:
        manifest = json.loads(get_manifest(host, repository, each["digest"]) or b"{}")
        found.append(get_blob(host, repository, manifest["layers"][0]["digest"]))
    return found


def put_signatures(host: str, repository: str, digest: str, rows: list[tuple[bytes, dict[str, str]]]) -> None:
    """Payloads and annotations under the ``.sig`` tag, as cosign 2 stores them."""
    layers = [{"mediaType": SIMPLE_SIGNING, "annotations": told} | put_blob(host, repository, payload) for payload, told in rows]
    config = {"mediaType": "application/vnd.oci.image.config.v1+json"} | put_blob(host, repository, b"{}")
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}
    put_manifest(host, repository, signature_tag(digest), manifest)


def put_referrers(host: str, repository: str, digest: str, bundled: list[bytes], *, fallback: bool) -> None:
    """Bundles as referrers of the image; with ``fallback`` also in the index that stands in for the API, as cosign 3 stores them."""
    size = len(get_manifest(host, repository, digest) or b"")
    rows = []
    for text in bundled:
        manifest = {
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": BUNDLE,
            "config": {"mediaType": EMPTY} | put_blob(host, repository, b"{}"),
            "layers": [{"mediaType": BUNDLE} | put_blob(host, repository, text)],
            "subject": {"mediaType": OCI_MANIFEST, "digest": digest, "size": size},
        }  # fmt: skip
        body = json.dumps(manifest).encode()
        rows.append({"mediaType": OCI_MANIFEST, "digest": put_manifest(host, repository, None, body), "size": len(body)})
    if fallback and rows:
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [row | {"artifactType": EMPTY} for row in rows]}
        put_manifest(host, repository, digest.replace(":", "-"), index)
