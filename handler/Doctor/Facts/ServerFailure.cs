namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Where a request failed.</summary>
internal enum ServerFailure
{
    /// <summary>Its name is not known.</summary>
    Name,

    /// <summary>Nobody takes the connection.</summary>
    Connect,

    /// <summary>No secure connection came of it.</summary>
    Tls,

    /// <summary>The proxy did not let it through.</summary>
    Proxy,

    /// <summary>There was no answer in time.</summary>
    Time,

    /// <summary>What it answered is no HTTP.</summary>
    Http,
}
