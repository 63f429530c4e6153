# SPDX-License-Identifier: Apache-2.0
"""What runs inside the simulator (cocotb) for the commands ``make sim`` and ``make replay``.

The command outside (tb.main_job, tb.replay) builds the simulation and passes file names in the environment; the job
answers with a JSON file, and with lines of progress that start with :data:`PROGRESS_MARK`.
"""

PROGRESS_MARK = "@progress "
"""Start of a line ``@progress DONE TOTAL TEXT`` on the standard output of the simulation."""

EVENT_MARK = "@event "
"""Start of a line with a JSON object on the standard output of the simulation: what goes on, for the terminal."""
