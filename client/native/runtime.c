/* Is there a .NET runtime in this process? Not for the crash path: it walks the loader's lists. */
#include "shim.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

volatile sig_atomic_t shim_dotnet;

/* In libdl before glibc 2.34: weak, so that a program without libdl still loads us, and of a version that both have. */
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
#pragma weak dlsym

void *shim_lookup(void *handle, const char *name)
{
    void *(*volatile lookup)(void *, const char *) = dlsym;
    return lookup != NULL ? lookup(handle, name) : NULL;
}

static int find_coreclr(struct dl_phdr_info *object, size_t size, void *found)
{
    (void)size;
    const char *slash = strrchr(object->dlpi_name, '/');
    *(bool *)found = slash != NULL && strcmp(slash + 1, "libcoreclr.so") == 0;
    return *(bool *)found;
}

/* Single-file executables export the first name, NativeAOT ones the second. */
static bool is_in_executable(void)
{
    return shim_lookup(RTLD_DEFAULT, "DotNetRuntimeInfo") != NULL
        || shim_lookup(RTLD_DEFAULT, "DotNetRuntimeDebugHeader") != NULL;
}

void shim_detect_runtime(void)
{
    bool found = false;
    if (!shim_dotnet) {
        dl_iterate_phdr(find_coreclr, &found);
        shim_dotnet = found || is_in_executable();
    }
}
