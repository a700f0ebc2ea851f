"""Outputs as apple/container 1.2 writes them, put together by hand from what its release 1.2.2 encodes."""

from __future__ import annotations

RUNNING = rb"""[
  {
    "configuration" : {
      "capAdd" : [

      ],
      "creationDate" : "2026-08-01T10:00:00Z",
      "id" : "web",
      "image" : {
        "descriptor" : {
          "digest" : "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "mediaType" : "application\/vnd.oci.image.index.v1+json",
          "size" : 1609
        },
        "reference" : "docker.io\/library\/nginx:1.27"
      },
      "initProcess" : {
        "arguments" : [
          "-g",
          "daemon off;"
        ],
        "environment" : [
          "PATH=\/usr\/bin"
        ],
        "executable" : "nginx",
        "rlimits" : [

        ],
        "supplementalGroups" : [

        ],
        "terminal" : false,
        "user" : {
          "id" : {
            "gid" : 0,
            "uid" : 0
          }
        },
        "workingDirectory" : "\/"
      },
      "labels" : {
        "a" : "perry-encoded:1%3D2",
        "b" : "",
        "perry.apple.spec" : "unreadable"
      },
      "mounts" : [
        {
          "destination" : "\/run",
          "options" : [

          ],
          "source" : "tmpfs",
          "type" : {
            "tmpfs" : {

            }
          }
        },
        {
          "destination" : "\/conf",
          "options" : [
            "ro"
          ],
          "source" : "\/Users\/somebody\/conf",
          "type" : {
            "virtiofs" : {

            }
          }
        },
        {
          "destination" : "\/data",
          "options" : [

          ],
          "source" : "\/Users\/somebody\/volumes\/data\/volume.img",
          "type" : {
            "volume" : {
              "cache" : {
                "on" : {

                }
              },
              "format" : "ext4",
              "name" : "data",
              "sync" : {
                "fsync" : {

                }
              }
            }
          }
        },
        {
          "destination" : "\/any",
          "options" : [

          ],
          "source" : "\/Users\/somebody\/volumes\/0b1f6a52-6f4a-4f3e-9a25-7a3b6f1b2c3d\/volume.img",
          "type" : {
            "volume" : {
              "cache" : {
                "on" : {

                }
              },
              "format" : "ext4",
              "name" : "0b1f6a52-6f4a-4f3e-9a25-7a3b6f1b2c3d",
              "sync" : {
                "fsync" : {

                }
              }
            }
          }
        }
      ],
      "networks" : [
        {
          "network" : "front",
          "options" : {
            "hostname" : "web",
            "mtu" : 1280
          }
        }
      ],
      "platform" : {
        "architecture" : "arm64",
        "os" : "linux"
      },
      "publishedPorts" : [
        {
          "containerPort" : 80,
          "count" : 1,
          "hostAddress" : "127.0.0.1",
          "hostPort" : 8080,
          "proto" : "tcp"
        },
        {
          "containerPort" : 443,
          "count" : 2,
          "hostAddress" : "::1",
          "hostPort" : 8443,
          "proto" : "udp"
        }
      ],
      "resources" : {
        "cpuOverhead" : 1,
        "cpus" : 4,
        "memoryInBytes" : 1073741824
      },
      "runtimeHandler" : "container-runtime-linux"
    },
    "id" : "web",
    "status" : {
      "networks" : [
        {
          "hostname" : "web",
          "ipv4Address" : "192.168.65.3\/24",
          "ipv4Gateway" : "192.168.65.1",
          "ipv6Address" : "fd00::3\/64",
          "macAddress" : "F2:AA:BB:CC:DD:EE",
          "mtu" : 1280,
          "network" : "front"
        }
      ],
      "startedDate" : "2026-08-01T10:00:05Z",
      "state" : "running"
    }
  }
]
"""

_DB = (
    rb'{"configuration":{"creationDate":"2026-08-01T09:00:00Z","id":"db","image":{"descriptor":{"digest":"sha256:cc"},'
    rb'"reference":"docker.io\/library\/postgres:17"},"initProcess":{"arguments":[],"environment":[],"executable":"postgres"},'
    rb'"labels":{},"mounts":[],"networks":[],"publishedPorts":[]},"id":"db","status":{"networks":[],"state":"stopped"}}'
)
CREATED = b"[" + _DB + b"]\n"
LIST = b"[" + b" ".join(RUNNING.strip()[1:-1].split(b"\n")) + b"," + _DB + b"]\n"
EMPTY = b"[]\n"

NETWORK = (
    rb'[{"configuration":{"creationDate":"2026-08-01T09:00:00Z","labels":{"a.b":"1=2"},"mode":"hostOnly","name":"front",'
    rb'"options":{},"plugin":"container-network-vmnet"},"id":"front","status":{"ipv4Gateway":"192.168.65.1",'
    rb'"ipv4Subnet":"192.168.65.0\/24","ipv6Subnet":"fd00::\/64"}}]'
)
VOLUME = (
    rb'[{"configuration":{"creationDate":"2026-08-01T09:00:00Z","driver":"local","format":"ext4","labels":'
    rb'{"com.apple.container.resource.anonymous":"","l":"1"},"name":"data","options":{"size":"10G"},"sizeInBytes":10737418240,'
    rb'"source":"\/Users\/somebody\/volumes\/data\/volume.img"},"id":"data"}]'
)
IMAGE = (
    rb'[{"configuration":{"creationDate":"2026-07-01T09:00:00Z","descriptor":{"digest":"sha256:aa11","mediaType":'
    rb'"application\/vnd.oci.image.index.v1+json","size":1609},"name":"docker.io\/library\/nginx:1.27"},"id":"aa11","variants":['
    rb'{"config":{"architecture":"amd64","os":"linux"},"digest":"sha256:01","platform":{"architecture":"amd64","os":"linux"},"size":1},'
    rb'{"config":{"architecture":"arm64","config":{"Cmd":["nginx"],"Env":["A=1=2"],"Labels":{"l":"1"},"User":"www","WorkingDir":"\/w"},'
    rb'"os":"linux"},"digest":"sha256:02","platform":{"architecture":"arm64","os":"linux","variant":"v8"},"size":7},'
    rb'{"config":{},"digest":"sha256:03","platform":{"architecture":"unknown","os":"unknown"},"size":3}]}]'
)
STATS = (
    rb'[{"blockReadBytes":1,"blockWriteBytes":2,"cpuUsageUsec":3,"id":"web","memoryLimitBytes":4,"memoryUsageBytes":5,'
    rb'"networkRxBytes":6,"numProcesses":8}]'
)
STATUS = (
    rb'{"apiServerAppName":"container-apiserver","apiServerBuild":"release","apiServerCommit":"1234567","apiServerVersion":'
    rb'"container-apiserver version 1.2.2 (build: release, commit: 1234567)","appRoot":"\/Users\/somebody\/apple\/","installRoot":'
    rb'"\/usr\/local\/","status":"running"}'
)
NOTHING_LIKE_IT = [b"", b"{}", b"null", b"[1]", b"[[]]", b"Error: what", b'[{"a":', b"ID  IMAGE  OS\n", b"\xff\xfe"]
