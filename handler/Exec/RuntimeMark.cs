namespace CrashHandler.Handler.Exec;

/// <summary>What an executable file says of the .NET in it.</summary>
internal static class RuntimeMark
{
    private const int OverlapBytes = 64; // more than the longest mark

    // What the two kinds of executable export to debuggers.
    private static readonly byte[] s_nativeAot = "DotNetRuntimeDebugHeader\0"u8.ToArray();

    /// <summary>Of an executable with the runtime in it.</summary>
    public static readonly byte[] SingleFile = "DotNetRuntimeInfo\0"u8.ToArray();

    /// <summary>Of one that loads the runtime, such as <c>dotnet</c>: the function that it looks up in hostfxr.</summary>
    public static readonly byte[] Host = "hostfxr_main\0"u8.ToArray();

    /// <summary>Searches for the marks of NativeAOT, and of CoreCLR.</summary>
    /// <param name="executable">The file, at its beginning.</param>
    /// <param name="marks">Which of CoreCLR's count.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TargetRuntime Find(Stream executable, params ReadOnlySpan<byte[]> marks)
    {
        byte[] buffer = new byte[1024 * 1024];
        int kept = 0;
        bool isNativeAot = false;
        for (long read = 0; read < ExecLimits.ExecutableBytes;)
        {
            int got = executable.Read(buffer.AsSpan(kept));
            if (got == 0)
            {
                break;
            }

            ReadOnlySpan<byte> seen = buffer.AsSpan(0, kept + got);
            foreach (byte[] mark in marks)
            {
                // A single-file executable has both: its debugging parts look for the other one.
                if (seen.IndexOf(mark) >= 0)
                {
                    return TargetRuntime.CoreClr;
                }
            }

            isNativeAot |= seen.IndexOf(s_nativeAot) >= 0;
            read += got;
            kept = Math.Min(OverlapBytes, seen.Length);
            seen[^kept..].CopyTo(buffer);
        }

        return isNativeAot ? TargetRuntime.NativeAot : TargetRuntime.None;
    }
}
