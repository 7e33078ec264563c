using System.Text;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Client;

public class ExceptionDescriptionTests
{
    [Fact]
    public void AnExceptionIsItsTypeItsMessageAndAllItsText()
    {
        AggregateException thrown = new(new InvalidOperationException("one"), new ArgumentException("two\nlines"));

        ExceptionDescription description = ExceptionDescription.Of(thrown);

        Assert.Equal(new ExceptionDescription("System.AggregateException", thrown.Message, thrown.ToString()), description);
        Assert.Contains("two\nlines", description.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AThrownObjectThatIsNoExceptionHasNoMessage()
        => Assert.Equal(new ExceptionDescription("System.String", "", "text"), ExceptionDescription.Of("text"));

    [Fact]
    public void WhatThrowsInItsTurnIsSaidInItsPlace()
    {
        ExceptionDescription description = ExceptionDescription.Of(new BrokenException());

        Assert.Equal(typeof(BrokenException).FullName, description.Type);
        Assert.Equal("(Message threw System.NotSupportedException)", description.Message);
        Assert.Equal("(ToString threw System.DivideByZeroException)", description.Text);
    }

    [Fact]
    public void NothingIsAnEmptyText() => Assert.Equal("", ExceptionDescription.Of(new SilentObject()).Text);

    [Theory]
    [InlineData('a')]
    [InlineData('é')]
    [InlineData('€')]
    [InlineData('\ud800')]
    public void EachIsCutToItsLimit(char unit)
    {
        ExceptionDescription description = ExceptionDescription.Of(new InvalidOperationException(new string(unit, 1 << 20)));

        Assert.InRange(Encoding.UTF8.GetByteCount(description.Message), ProtocolLimits.MaxExceptionMessageBytes - 3, ProtocolLimits.MaxExceptionMessageBytes);
        Assert.InRange(Encoding.UTF8.GetByteCount(description.Text), ProtocolLimits.MaxExceptionTextBytes - 3, ProtocolLimits.MaxExceptionTextBytes);
        Assert.EndsWith($"{unit}…", description.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALongTypeNameIsCutToo()
    {
        Type type = typeof(int);
        for (int i = 0; i < 20; i++)
        {
            type = typeof(List<>).MakeGenericType(type);
        }

        string name = ExceptionDescription.Of(Activator.CreateInstance(type)!).Type;

        Assert.True(type.ToString().Length < ProtocolLimits.MaxExceptionTypeBytes ? name == type.ToString() : name.EndsWith('…'));
        Assert.InRange(Encoding.UTF8.GetByteCount(name), 100, ProtocolLimits.MaxExceptionTypeBytes);
    }

    private sealed class SilentObject
    {
        public override string? ToString() => null;
    }

    private sealed class BrokenException : Exception
    {
        public override string Message => throw new NotSupportedException();

        public override string ToString() => throw new DivideByZeroException();
    }
}
