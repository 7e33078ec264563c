using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// What this process says of itself, and the shared block in which a handler reads it. Its lock guards memory only: nobody waits for a handler,
/// or for anything else, while holding it, so even a dying thread may ask for it.
/// </summary>
internal sealed class OwnRegistration(Dictionary<string, string> fields)
{
    private readonly object _lock = new();
    private Dictionary<string, string> _parameters = [];
    private bool _isPublished;
    private ulong _written;

    /// <summary>A copy of the application's own parameters.</summary>
    public Dictionary<string, string> Parameters
    {
        get
        {
            lock (_lock)
            {
                return new(_parameters);
            }
        }
    }

    /// <summary>A field's value, or null.</summary>
    public string? Field(string name)
    {
        lock (_lock)
        {
            return fields.GetValueOrDefault(name);
        }
    }

    /// <summary>Makes the shared block; from now on every change is in it.</summary>
    /// <exception cref="ShimException">There is no memory for it.</exception>
    public void Publish()
    {
        lock (_lock)
        {
            RegistrationBlock.Initialize(Shim.Block());
            _written = RegistrationBlock.Current(Shim.Block());
            _isPublished = true;
            Write();
        }
    }

    /// <summary>Sets a field.</summary>
    public void SetField(string name, string value)
    {
        lock (_lock)
        {
            fields[name] = value;
            Write();
        }
    }

    /// <summary>Adds a file to be sent; one that is there already is no error.</summary>
    /// <exception cref="InvalidOperationException">It would be the 11th.</exception>
    public void AddAttachment(string path)
    {
        lock (_lock)
        {
            string[] slots = [.. Enumerable.Range(0, ProtocolLimits.MaxAttachments).Select(RegistrationFields.Attachment)];
            if (slots.Any(slot => fields.GetValueOrDefault(slot) == path))
            {
                return;
            }

            string free = slots.FirstOrDefault(slot => !fields.ContainsKey(slot))
                ?? throw new InvalidOperationException($"there are {ProtocolLimits.MaxAttachments} attachments already; remove one first");
            fields[free] = path;
            Write();
        }
    }

    /// <summary>Removes a file; an unknown one is no error.</summary>
    public void RemoveAttachment(string path)
    {
        lock (_lock)
        {
            foreach (string slot in Enumerable.Range(0, ProtocolLimits.MaxAttachments).Select(RegistrationFields.Attachment).Where(slot => fields.GetValueOrDefault(slot) == path))
            {
                fields.Remove(slot);
            }

            Write();
        }
    }

    /// <summary>Sets a parameter; it is in the report of a crash on the next instruction.</summary>
    /// <exception cref="InvalidOperationException">It would be the 401st.</exception>
    public void Set(string key, string value)
    {
        lock (_lock)
        {
            if (_parameters.Count >= ProtocolLimits.MaxParameters && !_parameters.ContainsKey(key))
            {
                throw new InvalidOperationException($"there are {ProtocolLimits.MaxParameters} parameters already; remove one first");
            }

            _parameters[key] = ParameterRules.CutValue(value);
            Write();
        }
    }

    /// <summary>Removes a parameter; an unknown one is no error.</summary>
    public void Remove(string key)
    {
        lock (_lock)
        {
            if (_parameters.Remove(key))
            {
                Write();
            }
        }
    }

    /// <summary>Sets all parameters in place of the former ones.</summary>
    public void Replace(Dictionary<string, string> parameters)
    {
        lock (_lock)
        {
            _parameters = parameters;
            Write();
        }
    }

    /// <summary>
    /// Records the exception that ends this process. When another thread has been writing for a whole second, it is stuck, and this gives up: two
    /// writers in one copy would spoil it, and the parameters are worth more than the exception's text. A thread that dies in the middle of its
    /// own write has the lock already; the write that it will never finish is then simply done again.
    /// </summary>
    /// <returns>Whether it is in the block.</returns>
    public bool TryRecord(ExceptionDescription exception)
    {
        if (!Monitor.TryEnter(_lock, ClientLimits.ExceptionLock))
        {
            return false;
        }

        try
        {
            fields[RegistrationFields.ExceptionType] = exception.Type;
            fields[RegistrationFields.ExceptionMessage] = exception.Message;
            fields[RegistrationFields.ExceptionText] = exception.Text;
            return Write();
        }
        finally
        {
            Monitor.Exit(_lock);
        }
    }

    /// <summary>
    /// Whether another copy of this library, the application's own, has taken the block over. Without the lock, for a dying thread: a write in progress
    /// looks the same for a moment.
    /// </summary>
    public bool IsTakenOver => _isPublished && RegistrationBlock.Current(Shim.Block()) != Volatile.Read(ref _written);

    // An attached process whose application starts the crash reporter by itself has two of these: the block is the later one's.
    private bool Write()
    {
        if (!_isPublished || RegistrationBlock.Current(Shim.Block()) != _written)
        {
            return false;
        }

        RegistrationBlock.Write(Shim.Block(), new Registration(fields, _parameters));
        _written = RegistrationBlock.Current(Shim.Block());
        return true;
    }
}
