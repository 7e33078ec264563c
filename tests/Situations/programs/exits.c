/* Says so and exits with a status of its own. */
#include <stdio.h>

int main(void)
{
    puts("exits");
    return 5;
}
