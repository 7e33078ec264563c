namespace CrashHandler.Handler.Minidump.Format;

/// <summary>Breakpad's CodeView record for ELF: this signature, then the raw build id.</summary>
internal static class CodeViewElf
{
    /// <summary>"BpEL", on disk the bytes <c>LEpB</c>.</summary>
    public const uint Signature = 0x4270454C;

    /// <summary>Bytes before the build id.</summary>
    public const int HeaderSize = 4;
}
