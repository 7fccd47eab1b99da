#pragma once
// The header is C++ and is included by the shim in CSimdJSON alone; this module only carries the link flags.
