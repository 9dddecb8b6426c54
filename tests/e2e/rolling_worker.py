"""A rolling worker that kills itself at a named point of delivery if told to.

python tests/e2e/rolling_worker.py [CHECKPOINT:COUNT]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.worker import killer_of, main
from tests.roles import rolling_role

if __name__ == "__main__":
    main(rolling_role(checkpoint=killer_of(sys.argv[1:])))
