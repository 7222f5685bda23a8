from django.db import migrations

BODY = """\
This page came a long way: built on a base image pulled through our own Nexus, pushed to the GitLab \
registry, copied by digest to Nexus, and pulled from there by the server you are talking to.

The number at the foot of the page is the version that is running. Deploy another one and reload: \
the number changes, and this post stays, because the posts live on a volume of their own.

Add one yourself, then try a rollback."""


def welcome(apps, schema_editor):
    apps.get_model("blog", "Post").objects.get_or_create(
        slug="safely-in-its-berth",
        defaults={"title": "Safely in its berth", "author": "The harbour master", "body": BODY},
    )


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [migrations.RunPython(welcome, migrations.RunPython.noop)]
