namespace CrashHandler.Launch;

/// <summary>Prepares a child's environment for stage 1: the shim in LD_PRELOAD, existing values kept.</summary>
internal static class Preload
{
    private const string Variable = "LD_PRELOAD";
    private const string SearchPath = "LD_LIBRARY_PATH";

    /// <summary>Adds the shim.</summary>
    /// <param name="environment">The child's environment.</param>
    /// <param name="shim">Absolute path of the shim.</param>
    /// <param name="address">The handler's socket, in a directory that is only this user's.</param>
    /// <exception cref="IOException">The path has a colon, which no variable of ld.so's can carry, and no link to it can be made beside the socket.</exception>
    public static void Apply(IDictionary<string, string?> environment, string shim, string address)
    {
        shim = shim.Contains(':') ? Link(shim, Path.ChangeExtension(address, ".so")) : shim;
        // ld.so splits LD_PRELOAD at spaces and colons and knows no quoting: only then a bare name and a search path, because a
        // bare name makes ld.so complain in setuid children.
        bool splits = shim.AsSpan().IndexOfAny(' ', ':') >= 0;
        Prepend(environment, Variable, splits ? Path.GetFileName(shim) : shim, ' ');
        if (splits)
        {
            Prepend(environment, SearchPath, Path.GetDirectoryName(shim)!, ':');
        }
    }

    /// <summary>Prepares whatever this process starts from now on.</summary>
    /// <param name="shim">Absolute path of the shim.</param>
    /// <param name="address">The handler's socket, in a directory that is only this user's.</param>
    /// <exception cref="IOException">See <see cref="Apply"/>.</exception>
    public static void ApplyToAll(string shim, string address)
    {
        Dictionary<string, string?> changed = new[] { Variable, SearchPath }.ToDictionary(name => name, Environment.GetEnvironmentVariable);
        Apply(changed, shim, address);
        foreach ((string name, string? value) in changed.Append(new(Protocol.EnvironmentNames.Pipe, address)).Where(variable => variable.Value is not null))
        {
            Native.NativeEnvironment.Set(name, value!);
        }
    }

    private static string Link(string shim, string link)
    {
        if (new FileInfo(link).LinkTarget != shim)
        {
            string made = $"{link}.{Environment.ProcessId}";
            File.CreateSymbolicLink(made, shim);
            File.Move(made, link, overwrite: true);
        }

        return link;
    }

    private static void Prepend(IDictionary<string, string?> environment, string variable, string value, char separator)
    {
        environment.TryGetValue(variable, out string? existing);
        if (string.IsNullOrEmpty(existing))
        {
            environment[variable] = value;
        }
        else if (!existing.Split(separator).Contains(value))
        {
            environment[variable] = $"{value}{separator}{existing}";
        }
    }
}
