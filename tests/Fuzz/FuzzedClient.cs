using CrashHandler.Handler.Posix;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Fuzz;

/// <summary>A process with several connections, which send their scripts a frame at a time, in turn.</summary>
internal sealed class FuzzedClient(Sandbox sandbox, string program, string socket, int otherDescriptor) : IDisposable
{
    private readonly Lender _lender = new(sandbox, program, socket);
    private readonly RawSocket?[] _sockets = new RawSocket?[FuzzLimits.Connections];
    private readonly IEnumerator<FuzzedFrame>?[] _scripts = new IEnumerator<FuzzedFrame>?[FuzzLimits.Connections];

    /// <summary>Connections made.</summary>
    public int Connections { get; private set; }

    /// <summary>How many of them the handler has ended.</summary>
    public int Ended { get; private set; }

    /// <summary>Whether it has made as many as it may, and all have ended.</summary>
    public bool IsOver => Connections >= FuzzLimits.ConnectionsInAll && Array.TrueForAll(_sockets, socket => socket is null);

    /// <summary>Each connection's next frame.</summary>
    /// <returns>How many were sent.</returns>
    public int Step(Func<int> nextSeed)
    {
        int sent = 0;
        for (int i = 0; i < _sockets.Length; i++)
        {
            if (_sockets[i] is null && !Begin(i, nextSeed))
            {
                continue;
            }

            RawSocket connection = _sockets[i]!;
            FuzzedFrame frame = _scripts[i]!.Current;
            int errno = 0;
            if (frame.IsClients)
            {
                _lender.Send(connection, frame.Packet);
            }
            else
            {
                int[] descriptors = [.. frame.Block is { } block ? [block.Number] : Array.Empty<int>(), .. Enumerable.Repeat(otherDescriptor, Math.Min(frame.Others, 252))];
                errno = connection.Send(frame.Packet, descriptors);
            }

            // Some do not read what they are answered.
            bool isOpen = Connections % 16 == 0 || connection.Drain();
            if (errno is Libc.EAGAIN && isOpen)
            {
                continue;
            }

            sent += errno == 0 ? 1 : 0;
            Ended += errno is not 0 || !isOpen ? 1 : 0;
            frame.Dispose();
            if (errno is not 0 || !isOpen || !_scripts[i]!.MoveNext())
            {
                End(i);
            }
        }

        return sent;
    }

    public void Wait() => Array.Find(_sockets, socket => socket is not null)?.WaitWritable(10);

    public void Dispose()
    {
        for (int i = 0; i < _sockets.Length; i++)
        {
            if (_sockets[i] is not null)
            {
                _scripts[i]!.Current.Dispose();
                End(i);
            }
        }

        _lender.Dispose();
    }

    private bool Begin(int i, Func<int> nextSeed)
    {
        if (Connections >= FuzzLimits.ConnectionsInAll || _lender.Borrow() is not { } connection)
        {
            return false;
        }

        Connections++;
        _sockets[i] = connection;
        _scripts[i] = new FuzzedScript(nextSeed(), _lender.Pid).Frames().GetEnumerator();
        return _scripts[i]!.MoveNext();
    }

    private void End(int i)
    {
        _scripts[i]!.Dispose();
        _sockets[i]!.Dispose();
        (_sockets[i], _scripts[i]) = (null, null);
    }
}
