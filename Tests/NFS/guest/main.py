"""Runs one scenario in the guest: main.py SCENARIO OPTIONS-AS-JSON"""

import importlib
import json
import sys
import traceback
from types import SimpleNamespace

import nfs


def main() -> int:
    scenario, options = sys.argv[1], json.loads(sys.argv[2])
    print(f"# {scenario}", flush=True)
    print(nfs.sh("uname", "-r").strip(), flush=True)
    try:
        return 0 if importlib.import_module(scenario).run(SimpleNamespace(**options)) else 1
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print(nfs.sh("sh", "-c", "dmesg | tail -n 20", check=False), flush=True)
        return 1


sys.exit(main())
