from django import forms

from blog.models import Post


class PostForm(forms.ModelForm):
    class Meta:
        model = Post
        fields = ["title", "author", "body"]
        labels = {"author": "Your name", "body": "Text"}
        help_texts = {"author": "Optional"}
        widgets = {
            "title": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
            "author": forms.TextInput(attrs={"autocomplete": "name"}),
            "body": forms.Textarea(attrs={"rows": 12}),
        }
