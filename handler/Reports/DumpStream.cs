using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// A dump being written, unbuffered.
/// </summary>
internal sealed class DumpStream(FileDescriptor file, string path, Action written) : Stream
{
    private readonly SafeFileHandle _handle = new(file.Number, ownsHandle: false);

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => RandomAccess.GetLength(_handle);

    public override long Position { get; set; }

    public override void Flush()
    {
        // Nothing is held back; the file is synced when it is filed.
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        WholeWrite.At(_handle, buffer, Position, path);
        Position += buffer.Length;
        written();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("a dump is only written here");

    public override void SetLength(long value) => throw new NotSupportedException("a dump only grows here");

    protected override void Dispose(bool disposing)
    {
        _handle.Dispose();
        base.Dispose(disposing);
    }
}
