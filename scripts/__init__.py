# SPDX-License-Identifier: Apache-2.0
"""Scripts behind the targets of the Makefile."""
