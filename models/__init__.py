# SPDX-License-Identifier: Apache-2.0
"""Golden model of the ESP offload engine: pure Python, no simulator needed.

* :mod:`models.sa` - one security association
* :mod:`models.crypto` - AES, GHASH, AES-GCM and AES-GMAC
* :mod:`models.packet` - parser and builders of Ethernet/IP/UDP/ESP frames
* :mod:`models.esp` - ESP in place, and the high half of extended sequence numbers
* :mod:`models.ndis` - byte images of the NDIS IPsec Task Offload v2 structures
* :mod:`models.engine` - the reference engine, transaction by transaction
* :mod:`models.vectors` - published GCM vectors as one uniform list
"""
