/* Is there a .NET runtime in this process, and which? Not for the crash path: it walks the loader's list. */
#include "images.h"

volatile sig_atomic_t shim_dotnet;

static int find_coreclr(struct dl_phdr_info *object, size_t size, void *found)
{
    (void)size;
    *(bool *)found = shim_is_named(object, "libcoreclr.so");
    return *(bool *)found;
}

void shim_detect_runtime(void)
{
    bool coreclr = false;
    if (shim_dotnet != SHIM_NO_DOTNET) {
        return;
    }
    dl_iterate_phdr(find_coreclr, &coreclr);
    if (coreclr || shim_find_in_executable("DotNetRuntimeInfo") != NULL) { /* the second: single-file */
        shim_dotnet = SHIM_CORECLR;
    } else if (shim_find_in_executable("DotNetRuntimeDebugHeader") != NULL) {
        shim_dotnet = SHIM_NATIVE_AOT;
    }
}
