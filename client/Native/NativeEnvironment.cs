using System.Runtime.InteropServices;

namespace CrashHandler.Native;

/// <summary>On Linux: this process's environment, as programs see it that .NET does not start: .NET's own copy reaches only those that it starts.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable, for .NET and for libc.</summary>
    /// <exception cref="OutOfMemoryException">setenv(3) found no memory.</exception>
    public static void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (SetEnvironment(name, value, 1) != 0)
        {
            throw new OutOfMemoryException($"setenv {name}");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
