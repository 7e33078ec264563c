/* Is there a .NET runtime in this process? Not for the crash path: it takes the loader's lock. */
#include "shim.h"

/* What CoreCLR exports as a DLL or in a single file, and NativeAOT. */
static const char *const exports[] = { "DotNetRuntimeInfo", "DotNetRuntimeDebugHeader" };

bool shim_has_dotnet(void)
{
    static bool found;
    if (!found) {
        found = GetModuleHandleW(L"coreclr.dll") != NULL;
        for (size_t i = 0; !found && i < sizeof exports / sizeof *exports; i++) {
            found = GetProcAddress(GetModuleHandleW(NULL), exports[i]) != NULL;
        }
    }
    return found;
}
