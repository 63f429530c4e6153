# SPDX-License-Identifier: Apache-2.0
"""``make report``: one page out of what the other targets left in ``build/``."""
