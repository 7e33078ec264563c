using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>
/// Standard output, buffered. Not .NET's own stream, which takes a closed pipe for success: ten thousand reports would be read for nobody. Closing it writes
/// what is left, and leaves the descriptor open.
/// </summary>
internal sealed class OutputStream : Stream
{
    private const string Name = "standard output";

    private readonly byte[] _buffer = new byte[CliLimits.OutputBufferBytes];
    private int _length;
    private OutputException? _failure;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Writes what was held back.</summary>
    /// <exception cref="OutputException">It cannot be written, or something before it could not.</exception>
    public override void Flush() => Send([]);

    /// <summary>Also has the system say what it put off until now, as a network's file system does.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void Finish()
    {
        Flush();
        try
        {
            StandardStreams.CloseOutput();
        }
        catch (SyscallException failed)
        {
            throw _failure = new OutputException(failed);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_length + buffer.Length > _buffer.Length)
        {
            Send(buffer);
            return;
        }

        buffer.CopyTo(_buffer.AsSpan(_length));
        _length += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Flush();
        }
    }

    // After a failure nothing comes behind the gap that it left.
    private void Send(ReadOnlySpan<byte> more)
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        int held = _length;
        _length = 0;
        try
        {
            WholeWrite.To(Terminal.Output, _buffer.AsSpan(0, held), Name);
            WholeWrite.To(Terminal.Output, more, Name);
        }
        catch (SyscallException failed)
        {
            throw _failure = new OutputException(failed);
        }
    }
}
