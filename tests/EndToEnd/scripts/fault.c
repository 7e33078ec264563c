/* Dies of a fault, and does nothing else. */
int main(void)
{
    volatile int *volatile nowhere = 0;
    return *nowhere;
}
