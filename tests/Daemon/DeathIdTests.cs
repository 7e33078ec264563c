using CrashHandler.Handler.Daemon;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public sealed class DeathIdTests
{
    private static readonly Guid s_client = Guid.Parse("01020304-0506-0708-090a-0b0c0d0e0f10");

    [Fact]
    public void IsTheSameWhoeverMakesIt()
    {
        // Other versions share the database: this value must never change.
        Guid id = DeathId.Of(s_client, 42, new ToldDeath(1, 2, 3));

        Assert.Equal(id, DeathId.Of(s_client, 42, new ToldDeath(1, 2, 3)));
        Assert.Equal("cded0da4-45fc-8ac4-a96a-2d9d7ae52c37", id.ToString());
        Assert.Equal((8, 8), (id.Version, id.Variant & 0xC));
    }

    [Fact]
    public void IsAnotherForAnyOtherDeath()
    {
        HashSet<Guid> ids = [DeathId.Of(s_client, 42, new ToldDeath(1, 2, 3)), DeathId.Of(Guid.Empty, 42, new ToldDeath(1, 2, 3)), DeathId.Of(s_client, 43, new ToldDeath(1, 2, 3))];
        Assert.Equal(3, ids.Count);
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(ids.Add(DeathId.Of(s_client, 42, new ToldDeath(100 + i, 2, 3))));
            Assert.True(ids.Add(DeathId.Of(s_client, 42, new ToldDeath(1, 100 + i, 3))));
            Assert.True(ids.Add(DeathId.Of(s_client, 42, new ToldDeath(1, 2, 100 + i))));
        }
    }

    [Fact]
    public void AnEndWithoutANoticeIsNamedByTheProcessAlone()
    {
        Guid client = Guid.Parse("0f0e0d0c-0b0a-0908-0706-050403020100");

        Guid id = DeathId.Of(client, 123, 42);

        Assert.Equal(id, DeathId.Of(client, 123, 42));
        Assert.Equal(8, id.Version);
        Assert.Equal(4, new HashSet<Guid> { id, DeathId.Of(client, 124, 42), DeathId.Of(client, 123, 43), DeathId.Of(Guid.Empty, 123, 42) }.Count);
    }
}
