using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>Standard error. What was said on standard output before stands before it.</summary>
internal sealed class ErrorStream : Stream
{
    private const string Name = "standard error";

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            Console.Out.Flush();
        }
        catch (OutputException)
        {
            // Said at the end: every later write of it, and the last flush, fails alike.
        }

        try
        {
            WholeWrite.To(Terminal.Error, buffer, Name);
        }
        catch (SyscallException)
        {
            // There is nobody left to be told; the exit code still says it.
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
