namespace CrashHandler.Handler.Stacks.Elf;

/// <summary>A file as memory: addresses are offsets in it.</summary>
/// <param name="file">Seekable.</param>
internal sealed class FileMemory(Stream file) : IProcessMemory
{
    public int Read(ulong address, Span<byte> into)
    {
        if (address >= (ulong)file.Length)
        {
            return 0;
        }

        file.Position = (long)address;
        return file.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
    }
}
